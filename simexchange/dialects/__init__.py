"""One folder per venue, the same rooms in each. Sans-I/O: a Request goes in, a Reply or frames come out."""
