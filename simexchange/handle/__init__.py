"""The handle: a served exchange in the hands of a test, in its own process or over the control API.

One interface, two backends. Everything goes by the control API's operations, in process without a socket, so that
both tell the same in the same words.
"""
