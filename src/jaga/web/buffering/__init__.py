"""Request buffering: a request thread is used only once the body is complete (ADR 0048).

An ASGI application around the WSGI one. The event loop waits for bodies with deadlines and limits; request threads
never do. Health checks have their own threads.
"""
