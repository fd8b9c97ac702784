"""What is wrong, by root cause and rule by rule; what is suppressed; and the way to suppress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from ringfence.lint import suppression_file
from ringfence.model.errors import InputError, QueryError
from ringfence.model.finding import Finding, Severity
from ringfence.model.origin import ObjectRef
from ringfence.render.diagnose_view import view
from ringfence.render.lines import place
from ringfence.server.answers import Answers
from ringfence.server.audit import note
from ringfence.server.pages.cards import cards
from ringfence.server.suppress import asked, can_be_suppressed, snippet
from ringfence.server.views import page
from ringfence.server.who import editor

_MOST_ROWS: Final = 25
_MOST_FINDINGS: Final = 500
_LIST: Final = "/findings#lint"


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/findings")
    def findings(request: Request, severity: str = "", code: str = "", namespace: str = "") -> Response:
        studied = answers.study.newest()
        report, diagnosis = answers.less(studied.found.lint), studied.found.diagnosis
        shown = view(diagnosis, most=_MOST_ROWS)
        kept = [each for each in report.findings if _is_wanted(each, severity, code, namespace)]
        aside = [each for each in report.suppressed if _is_wanted(each.finding, severity, code, namespace)]
        here = {(each.suppression.code, str(each.suppression.subject)): each for each in answers.kept()}
        return page(
            request,
            "findings.html",
            studied=studied,
            view=shown,
            cards=cards(diagnosis, shown),
            groups=_by_rule(kept[:_MOST_FINDINGS]),
            shown=min(len(kept), _MOST_FINDINGS),
            total=len(kept),
            suppressed=[(each, here.get((each.suppression.code, str(each.suppression.subject)))) for each in aside],
            filters=_filters(report.findings, severity, code, namespace),
            trouble=answers.suppressions.trouble if answers.suppressions is not None else "",
        )

    @router.get("/findings/suppress")
    def form(
        request: Request, code: str = "", about: str = "", reason: str = "", owner: str = "", until: str = ""
    ) -> Response:
        editor(request)
        finding, subject = _finding(code, about)
        found, trouble = None, ""
        if reason or owner or until:
            try:
                found = snippet(answers.cluster(), asked(code, subject, reason, owner, until))
            except QueryError as error:
                trouble = str(error)
        return page(
            request,
            "suppress.html",
            400 if trouble else 200,
            finding=finding,
            place=place(finding.origin),
            given={"code": code, "about": about, "reason": reason, "owner": owner, "until": until},
            found=found,
            trouble=trouble,
            file=answers.suppressions.path if answers.suppressions is not None else "",
        )

    @router.post("/findings/suppress")
    def suppress(
        request: Request,
        code: Annotated[str, Form()] = "",
        about: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        owner: Annotated[str, Form()] = "",
        until: Annotated[str, Form()] = "",
    ) -> Response:
        who, file = editor(request), answers.suppressions
        if file is None:
            raise HTTPException(404, "This server keeps no suppressions: start it with --suppressions FILE.")
        _, subject = _finding(code, about)
        one = asked(code, subject, reason, owner, until)
        note(request, "suppress", code=code, object=about, reason=one.reason, owner=one.owner, until=until)
        _written(lambda: file.add(one, who))
        return RedirectResponse(_LIST, 303)

    @router.post("/findings/take-back")
    def take_back(
        request: Request,
        code: Annotated[str, Form()] = "",
        about: Annotated[str, Form()] = "",
    ) -> Response:
        editor(request)
        file, subject = answers.suppressions, suppression_file.subject(about)
        known = {(each.suppression.code, str(each.suppression.subject)) for each in answers.kept()}
        if file is None or subject is None or (code, about) not in known:
            raise HTTPException(404, "That isn't suppressed here.")
        note(request, "take back", code=code, object=about)
        _written(lambda: file.take_back(code, subject))
        return RedirectResponse(_LIST, 303)

    def _finding(code: str, about: str) -> tuple[Finding, ObjectRef]:
        """The finding that is meant, and the object that it is about.

        Raises:
            HTTPException: of status 404, it isn't there.
        """
        for each in answers.lint().findings:
            subject = each.subject
            if subject is not None and (each.code.code, str(subject)) == (code, about) and can_be_suppressed(each):
                return each, subject
        raise HTTPException(404, "There is no such finding, or it can't be suppressed.")


def _is_wanted(finding: Finding, severity: str, code: str, namespace: str) -> bool:
    return (
        severity in ("", str(finding.severity))
        and code in ("", finding.code.code)
        and namespace in ("", _namespace(finding))
    )


def _namespace(finding: Finding) -> str:
    return finding.subject.namespace if finding.subject is not None else ""


def _by_rule(findings: Iterable[Finding]) -> list[tuple[Finding, list[tuple[Finding, str, str]]]]:
    """For each rule a finding that stands for it, and all of them with their place and where to suppress them."""
    groups: dict[str, list[Finding]] = {}
    for each in findings:
        groups.setdefault(each.code.code, []).append(each)
    return [(found[0], [(each, place(each.origin), _way(each)) for each in found]) for found in groups.values()]


def _way(finding: Finding) -> str:
    if not can_be_suppressed(finding):
        return ""
    return f"/findings/suppress?{urlencode({'code': finding.code.code, 'about': str(finding.subject)})}"


def _filters(
    findings: Sequence[Finding], severity: str, code: str, namespace: str
) -> list[tuple[str, str, str, list[tuple[str, str, int]]]]:
    """Each filter: its label, name, what is chosen, and the options with how many findings each would leave."""
    by_severity = Counter(str(each.severity) for each in findings if _is_wanted(each, "", code, namespace))
    by_space = Counter(_namespace(each) for each in findings if _is_wanted(each, severity, code, ""))
    by_code = Counter(each.code.code for each in findings if _is_wanted(each, severity, "", namespace))
    titles = {each.code.code: each.code.title for each in findings}
    spaces = sorted({_namespace(each) for each in findings} - {""})
    severities = [str(each) for each in reversed(Severity)]
    return [
        ("Severity", "severity", severity, [(each, each, by_severity[each]) for each in severities]),
        ("Namespace", "namespace", namespace, [(each, each, by_space[each]) for each in spaces]),
        ("Rule", "code", code, [(each, f"{each} {titles[each]}", by_code[each]) for each in sorted(titles)]),
    ]


def _written(write: Callable[[], object]) -> None:
    """Writes the file.

    Raises:
        HTTPException: of status 503, it can't be written.
    """
    try:
        write()
    except InputError as error:
        raise HTTPException(503, str(error)) from None
