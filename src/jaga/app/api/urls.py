"""Every address below /api/."""

from django.urls import URLPattern, include, path, re_path

from jaga.app.api.v1 import api, guide
from jaga.web.api.guard import guarded, nothing_here
from jaga.web.api.openapi import query_names, writing_methods

_patterns, _app, _namespace = api.urls
_writes, _asks = writing_methods(api), query_names(api)
for _pattern in _patterns:
    if isinstance(_pattern, URLPattern):
        _route = str(_pattern.pattern)
        _pattern.callback = guarded(_pattern.callback, _writes.get(_route, frozenset()), _asks.get(_route, {}))

urlpatterns = [
    path("", guide, name="api-guide"),
    path("v1/", include(([*_patterns, re_path("", nothing_here)], _app), namespace=_namespace)),
    re_path("", nothing_here),
]
