"""``{% load signedin %}`` and then ``{% signedin_section %}``: the list in a page of one's own."""

from __future__ import annotations

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from signedin.django.engine import SessionStore

register = template.Library()


@register.simple_tag(takes_context=True)
def signedin_section(context: Context) -> SafeString:
    """The list of the person's sessions, with all that can be done with them."""
    from signedin.django.views import section  # it needs more than the sessions do

    request: HttpRequest = context["request"]
    if isinstance(request.session, SessionStore):
        request.session.is_shown = True
    return mark_safe(section(request))  # noqa: S308 - what it shows is escaped
