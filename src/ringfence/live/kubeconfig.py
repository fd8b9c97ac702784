"""The connection settings of a context, found as kubectl finds them.

Source: "Organizing Cluster Access Using kubeconfig Files" in the Kubernetes documentation: ``--kubeconfig``, else the
files of ``KUBECONFIG`` merged, the first word counting, else ``~/.kube/config``; without any of them the service
account of the pod.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringfence.live.target import Target
from ringfence.model.errors import InputError

if TYPE_CHECKING:
    from lightkube.config.kubeconfig import KubeConfig, SingleConfig

MISSING = "Asking a cluster needs lightkube. Install it with: pip install 'ringfence[live]'"
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def settings(target: Target) -> SingleConfig:
    """Address, certificates and credentials of the target.

    Raises:
        InputError: lightkube is missing, no cluster is configured, a kubeconfig can't be read, or it lacks the context.
    """
    try:
        from lightkube.config.kubeconfig import KubeConfig
    except ImportError:
        raise InputError(MISSING) from None
    files = _files(target)
    if not files:
        if not target.context and Path(SERVICE_ACCOUNT, "token").exists() and "KUBERNETES_SERVICE_HOST" in os.environ:
            return _own(_chosen(KubeConfig.from_service_account(SERVICE_ACCOUNT), "", "the pod's service account"))
        raise InputError(
            "No path is given, and no cluster is configured: there is no ~/.kube/config, and KUBECONFIG names no file "
            "that exists. Name manifests, or a kubeconfig with --kubeconfig."
        )
    configs = [_read(file) for file in files]
    where = ", ".join(map(str, files))
    context = target.context or next((each.current_context for each in configs if each.current_context), "")
    if not context:
        known = sorted({name for each in configs for name in each.contexts})
        raise InputError(
            f"{where} has no current context. Name one with --context: {', '.join(known) or 'it has none'}."
        )
    return _own(_chosen(_merged(configs), context, where))


def _files(target: Target) -> list[Path]:
    if target.kubeconfig:
        return [Path(target.kubeconfig).expanduser()]
    named = os.environ.get("KUBECONFIG", "")
    if named:
        return [path for part in named.split(os.pathsep) if part and (path := Path(part).expanduser()).exists()]
    default = Path("~/.kube/config").expanduser()
    return [default] if default.exists() else []


def _read(file: Path) -> KubeConfig:
    import msgspec
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return _absolute(_config(content), file.absolute().parent)
    except OSError as error:
        raise InputError(f"{file} can't be read: {(error.strerror or str(error)).lower()}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(f"{file} is not valid YAML, so it is no kubeconfig.") from None
    except (KeyError, TypeError, AttributeError, msgspec.ValidationError) as error:
        raise InputError(f"{file} is no kubeconfig: {_complaint(error)}.") from None


def _config(content: dict[str, Any]) -> KubeConfig:
    from lightkube.config.kubeconfig import KubeConfig, to_mapping
    from lightkube.config.models import Context

    from ringfence.live.configured import Cluster, User

    # kubectl writes an empty list as null.
    return KubeConfig(
        clusters=to_mapping(content["clusters"] or (), "cluster", Cluster),
        contexts=to_mapping(content["contexts"] or (), "context", Context),
        users=to_mapping(content.get("users") or (), "user", User),
        current_context=content.get("current-context"),
    )


def _complaint(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)[:200]


def _absolute(config: KubeConfig, directory: Path) -> KubeConfig:
    """Relative paths are meant from the file that they stand in, which is forgotten when files are merged."""

    def found(path: str | None) -> str | None:
        return str(directory / path) if path else path

    for cluster in config.clusters.values():
        cluster.certificate_auth = found(cluster.certificate_auth)
    for user in config.users.values():
        user.client_cert, user.client_key = found(user.client_cert), found(user.client_key)
        user.token_file = found(user.token_file)
        if user.exec is not None and os.sep in user.exec.command:
            user.exec.command = str(directory / user.exec.command)
    return config


def _merged(configs: list[KubeConfig]) -> KubeConfig:
    first = configs[0]
    for other in configs[1:]:
        for mine, theirs in (
            (first.contexts, other.contexts),
            (first.clusters, other.clusters),
            (first.users, other.users),
        ):
            _add(mine, theirs)
    return first


def _add(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    for name, value in theirs.items():
        mine.setdefault(name, value)


def _chosen(config: KubeConfig, context: str, where: str) -> SingleConfig:
    if context and context not in config.contexts:
        known = ", ".join(sorted(config.contexts)) or "none"
        raise InputError(f"There is no context {context!r} in {where}. There are: {known}.")
    try:
        chosen = config.get(context or None)
    except KeyError as error:
        what = f"Context {context!r} of {where} names {error.args[0]!r}, which is not there."
        raise InputError(what) from None
    assert chosen is not None  # noqa: S101 -- only a default is None, and none is given
    return chosen


def _own(config: SingleConfig) -> SingleConfig:
    """With a user, since the adapter asks for one, and with what lightkube itself doesn't read of a kubeconfig.

    Raises:
        InputError: see :meth:`ringfence.live.configured.User.check`.
    """
    from ringfence.live.configured import Cluster, User

    user = config.user if isinstance(config.user, User) else User(**_given(config.user))
    cluster = config.cluster if isinstance(config.cluster, Cluster) else Cluster(**_given(config.cluster))
    user.check(config.context_name)
    return config._replace(user=user, cluster=cluster)


def _given(struct: Any) -> dict[str, Any]:
    import msgspec

    return {} if struct is None else msgspec.structs.asdict(struct)
