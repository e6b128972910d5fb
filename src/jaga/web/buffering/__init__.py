"""Request buffering: each request's body is complete before a request thread is taken for it (ADR 0048).

An ASGI application around the WSGI one. The event loop waits for bodies, with a deadline and bounds; request threads
never do. Health checks have threads of their own.
"""
