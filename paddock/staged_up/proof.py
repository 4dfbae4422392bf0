"""After an update: the endpoints are asked, and what fails may go back to what was served before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paddock import console, pulumi_run, stack_operation
from paddock.endpoint_check import CheckResult, approved_digests, check_models
from paddock.endpoint_check.result import account
from paddock.endpoint_check.shown import print_results
from paddock.errors import PaddockError
from paddock.model_report import ModelChange
from paddock.session import Session
from paddock.stack_operation import Built
from paddock.staged_up.update import Update, Wish, update
from paddock.version_pins import pin

# What becomes of a model without its endpoint being another one afterwards.
_UNTOUCHED = frozenset({"deleted", "deactivated", "labels", "catalog", "resources"})
_QUIETLY = Wish(("--yes", "--skip-preview"), is_breaking_allowed=True)


def prove(session: Session, built: Built, done: Update, wish: Wish) -> None:
    """Asks the endpoint of each model that changed; where one is not as approved, puts it back if that was asked.

    Raises PaddockError where an endpoint is not as approved, whether it was put back or not.
    """
    touched = [change for change in done.changes if change.kind not in _UNTOUCHED]
    if not touched or not (wish.checks or wish.rolls_back) or (done.run.exit_code != 0 and not wish.rolls_back):
        return
    names = [change.name for change in touched]
    results = _checked(session, built, names, tells=not stack_operation.prints_json(wish.flags))
    wrong = [result for result in results if not result.is_ok]
    if not wrong:
        return
    told = "\n".join(account(result) for result in wrong)
    if not wish.rolls_back:
        raise PaddockError(
            f"{_named(wrong)}: not as approved\n{told}\n`paddock why {wrong[0].name}` looks for the cause, "
            f"`paddock rollback {wrong[0].name}` puts the model back that was served before"
        )
    console.note(told)
    failed = {result.name for result in wrong}
    _put_back(session, [change for change in touched if change.name in failed])


def drop_what_was_kept_for_it(session: Session, built: Built, done: Update, wish: Wish) -> pulumi_run.Run | None:
    """Without `paddock:keep` the old entries that putting back would have needed go once all is proven."""
    if not (wish.rolls_back and built.settings.keep == 0 and done.changes and done.run.exit_code == 0):
        return None
    return update(session, built, _QUIETLY).run


def _checked(session: Session, built: Built, names: Sequence[str], *, tells: bool = True) -> list[CheckResult]:
    digests = {artifact.name: artifact.digest for artifact in built.artifacts}
    results = check_models(session, names, approved_digests(digests, built.settings.pins))
    if tells:
        print_results(results)
    return results


def _put_back(session: Session, failed: Sequence[ModelChange]) -> None:
    before = {change.name: change.old.digest for change in failed if _is_another_version(change) and change.old}
    others = sorted({change.name for change in failed} - set(before))
    told = (
        [f"{', '.join(others)}: no other version was served before, so there is nothing to put back"] if others else []
    )
    if before:
        told.insert(0, _pin_and_apply(session, {name: digest for name, digest in before.items() if digest}))
    raise PaddockError("\n".join(told))


def _is_another_version(change: ModelChange) -> bool:
    return bool(change.old and change.old.digest and change.new and change.new.digest != change.old.digest)


def _pin_and_apply(session: Session, before: Mapping[str, str]) -> str:
    for name, digest in before.items():
        console.note(f"{name}: putting back {digest[:12]}, which was served before")
        pin(session, name, digest)
    built = stack_operation.build(session.workspace, session.stack)
    run = update(session, built, _QUIETLY).run
    wrong = [result for result in _checked(session, built, sorted(before)) if not result.is_ok]
    names = ", ".join(sorted(before))
    if run.exit_code != 0 or wrong:
        raise PaddockError(
            f"{names}: the update failed, and so did putting the old model back; `paddock status` shows it"
        )
    file = session.workspace.stack_file(session.stack).name
    return (
        f"{names}: the update failed, the model that was served before is back. {file} pins it (paddock:pins): commit "
        f"that, or mend the model and take the pin away (`paddock rollback {min(before)} --undo`)"
    )


def _named(results: Sequence[CheckResult]) -> str:
    return ", ".join(result.name for result in results)
