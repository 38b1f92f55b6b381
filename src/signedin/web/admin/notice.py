"""What a page of administrators shows after an act: what was done, and from when it holds."""

from __future__ import annotations

from starlette.responses import Response

from signedin.web.facts import Banner, since
from signedin.web.notices import Notice, seal, unseal
from signedin.web.views import marked as _
from signedin.web.visit import Visit

_DONE = {
    "account-disabled": _("The account is disabled."),
    "policy-saved": _("Policy saved."),
    "organization-created": _("Organization created."),
    "organization-deleted": _("Organization deleted."),
    "member-added": _("Member added."),
    "member-removed": _("Member removed."),
}


def go_on(visit: Visit, path: str, notice: Notice) -> Response:
    """To a page of ours, which shows the notice."""
    return visit.redirect(path, done=seal(notice, visit.token))


def banner(visit: Visit) -> Banner | None:
    """The banner that the address asks for, if this session was given it."""
    notice = unseal(visit.request.query_params.get("done"), visit.token)
    if notice is None:
        return None
    receipt = None
    if notice.effective_at and not notice.already:
        at = since(notice, visit.parts.renderer.locale)
        receipt = visit.say("It holds on every server since %(time)s UTC.", time=at)
    return Banner(_title(notice, visit), receipt, advice=False)


def _title(notice: Notice, visit: Visit) -> str:
    ended = visit.count(
        "%(n)s session was terminated.", "%(n)s sessions were terminated.", notice.count
    )
    if notice.kind in _DONE:
        done = visit.say(_DONE[notice.kind])
        return f"{done} {ended}" if notice.count else done
    return visit.say("That had already ended.") if notice.already else ended
