"""Sockets: the only floor that knows starlette, uvicorn, websockets and asyncio."""
