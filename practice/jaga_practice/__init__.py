"""The practice installation: an invented world on a real chat server, and a story that follows a report from start to
end.
"""
