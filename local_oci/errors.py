"""What a request can be refused for: one class per code that Oracle documents.

    ServiceError                          status  code
    ├── InvalidParameter                  400     InvalidParameter
    ├── MissingParameter                  400     MissingParameter
    ├── NotEmulated                       400     InvalidParameter       OCI would take it, the local OCI cannot do it
    ├── LimitExceeded                     400     LimitExceeded
    ├── UnmatchedContentMD5               400     UnmatchedContentMD5
    ├── NotAuthenticated                  401     NotAuthenticated
    ├── NotAllowed                        403     NotAllowed             a Host header that is not loopback
    ├── NotAuthorizedOrNotFound           404     NotAuthorizedOrNotFound
    ├── NotFound                          404     NotFound               Logging's deleted resources (OCI.md 3.2)
    ├── NamespaceNotFound                 404     NamespaceNotFound      Object Storage has codes of its own
    ├── BucketNotFound                    404     BucketNotFound
    ├── ObjectNotFound                    404     ObjectNotFound
    ├── MethodNotAllowed                  405     MethodNotAllowed
    ├── IncorrectState                    409     IncorrectState
    ├── InvalidatedRetryToken             409     InvalidatedRetryToken
    ├── ResourceAlreadyExists             409     NotAuthorizedOrResourceAlreadyExists
    ├── BucketAlreadyExists               409     BucketAlreadyExists
    ├── BucketNotEmpty                    409     BucketNotEmpty
    ├── LengthRequired                    411     LengthRequired
    ├── NoEtagMatch                       412     NoEtagMatch
    ├── IfMatchFailed                     412     IfMatchFailed
    ├── IfNoneMatchFailed                 412     IfNoneMatchFailed
    ├── PayloadTooLarge                   413     PayloadTooLarge
    ├── InternalServerError               500     InternalServerError
    └── OperationNotImplemented           501     NotImplemented

The domain raises them; `edge` is the only place that turns one into an HTTP answer.
"""

# ruff: noqa: N818 - the classes have the names of Oracle's codes

from __future__ import annotations

from typing import ClassVar


class LocalOciError(Exception):
    """The base of everything that this package raises on purpose."""


class ServiceError(LocalOciError):
    """A request that is refused; `message` says what, which, expected, found, what next."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "InternalServerError"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidParameter(ServiceError):
    """A body, query or header that breaks a rule; the message lists all problems."""

    status, code = 400, "InvalidParameter"


class MissingParameter(ServiceError):
    """A query parameter that the operation cannot do without."""

    status, code = 400, "MissingParameter"


class NotEmulated(ServiceError):
    """OCI would take this, the local OCI cannot do it and says so; a 4xx, so that clients do not try again."""

    status, code = 400, "InvalidParameter"


class LimitExceeded(ServiceError):
    """More than this machine should carry."""

    status, code = 400, "LimitExceeded"


class NotAuthenticated(ServiceError):
    """The signature is missing, wrong or too old."""

    status, code = 401, "NotAuthenticated"


class NotAllowed(ServiceError):
    """Asked under a name that is not this machine's loopback (DNS rebinding)."""

    status, code = 403, "NotAllowed"


class NotAuthorizedOrNotFound(ServiceError):
    """Nothing with that identifier is there, or it is of another kind."""

    status, code = 404, "NotAuthorizedOrNotFound"


class NotFound(ServiceError):
    """It was there and is deleted."""

    status, code = 404, "NotFound"


class MethodNotAllowed(ServiceError):
    """The path is there, the method is not."""

    status, code = 405, "MethodNotAllowed"


class IncorrectState(ServiceError):
    """The resource's state does not allow it now."""

    status, code = 409, "IncorrectState"


class InvalidatedRetryToken(ServiceError):
    """The token was used for another body, or what it made is deleted."""

    status, code = 409, "InvalidatedRetryToken"


class ResourceAlreadyExists(ServiceError):
    """A name that must be unique is taken."""

    status, code = 409, "NotAuthorizedOrResourceAlreadyExists"


class LengthRequired(ServiceError):
    """An upload without content-length."""

    status, code = 411, "LengthRequired"


class NoEtagMatch(ServiceError):
    """The resource has changed since the client read it."""

    status, code = 412, "NoEtagMatch"


class PayloadTooLarge(ServiceError):
    """A body over its bound."""

    status, code = 413, "PayloadTooLarge"


class InternalServerError(ServiceError):
    """Our own fault; server.log has the traceback."""

    status, code = 500, "InternalServerError"


class OperationNotImplemented(ServiceError):
    """An operation of OCI that is not there; nothing is faked."""

    status, code = 501, "NotImplemented"


class UnmatchedContentMD5(ServiceError):
    """Bytes that are not those that their digest names."""

    status, code = 400, "UnmatchedContentMD5"


class NamespaceNotFound(ServiceError):
    """Another namespace than the tenancy's."""

    status, code = 404, "NamespaceNotFound"


class BucketNotFound(ServiceError):
    """No bucket of that name."""

    status, code = 404, "BucketNotFound"


class ObjectNotFound(ServiceError):
    """No object of that name."""

    status, code = 404, "ObjectNotFound"


class BucketAlreadyExists(ServiceError):
    """The name is taken in the namespace."""

    status, code = 409, "BucketAlreadyExists"


class BucketNotEmpty(ServiceError):
    """Something is in the bucket."""

    status, code = 409, "BucketNotEmpty"


class IfMatchFailed(ServiceError):
    """The object is not the one that the client knows."""

    status, code = 412, "IfMatchFailed"


class IfNoneMatchFailed(ServiceError):
    """The object is there already."""

    status, code = 412, "IfNoneMatchFailed"
