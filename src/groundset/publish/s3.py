"""A place in an S3 bucket: put what is not there, get by address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundset.core import GroundsetError, InputError, MissingError, ServiceError

_MULTIPART = 16 << 20
_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or AWS_PROFILE); AWS_ENDPOINT_URL_S3 for another endpoint"
_REFUSED = {
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "InvalidToken",
    "ExpiredToken",
    "AuthorizationHeaderMalformed",
}
_FORBIDDEN = {"AccessDenied", "403", "AllAccessDisabled"}
_NO_BUCKET = {"NoSuchBucket"}
_NO_OBJECT = {"NoSuchKey", "404", "NotFound"}


def split(address: str) -> tuple[str, str]:
    """Bucket and key (without slashes around it) of an ``s3://`` address."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or not bucket:
        raise InputError("this is not an S3 address", asked=address, hint="write it as s3://bucket/prefix")
    return bucket, key.strip("/")


def client() -> Any:
    """A boto3 client from the usual AWS variables, files and roles.

    Raises:
        InputError: There are no credentials.
    """
    import boto3
    from botocore.config import Config

    session = boto3.Session()
    if session.get_credentials() is None:
        raise InputError("there are no credentials for S3", hint=f"set {_KEYS}")
    config = Config(retries={"max_attempts": 5, "mode": "standard"}, max_pool_connections=16, connect_timeout=10)
    return session.client("s3", config=config)


@dataclass(frozen=True, slots=True)
class Folder:
    """A prefix in a bucket."""

    client: Any
    bucket: str
    prefix: str

    @classmethod
    def open(cls, address: str) -> Folder:
        """The place that an ``s3://bucket/prefix`` address names; asks the server whether it may be used.

        Raises:
            InputError: No credentials, or refused ones.
            MissingError: No such bucket.
            ServiceError: The endpoint does not answer.
        """
        bucket, prefix = split(address)
        folder = cls(client(), bucket, prefix)
        try:
            with s3_errors(address):
                folder.client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
        except _MayNotListError:
            pass  # writing may be allowed where listing is not; the first write tells
        return folder

    @property
    def address(self) -> str:
        """``s3://bucket/prefix``, without a slash at its end."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def key(self, path: str) -> str:
        """Key of a path below this place."""
        return f"{self.prefix}/{path}" if self.prefix else path

    def put_file(self, path: str, file: Path, sha256: str, content_type: str) -> bool:
        """Upload a file, in parts where it is large; False where the very same bytes are there already."""
        from boto3.s3.transfer import TransferConfig

        if self._same(path, file.stat().st_size, sha256, content_type):
            return False
        with s3_errors(f"{self.address}/{path}"):
            self.client.upload_file(
                str(file),
                self.bucket,
                self.key(path),
                ExtraArgs={"ContentType": content_type, "Metadata": {"sha256": sha256}},
                Config=TransferConfig(multipart_threshold=_MULTIPART, max_concurrency=4),
            )
        return True

    def put_bytes(self, path: str, data: bytes, content_type: str) -> bool:
        """Upload bytes; False where the very same bytes are there already."""
        import hashlib

        sha256 = hashlib.sha256(data).hexdigest()
        if self._same(path, len(data), sha256, content_type):
            return False
        with s3_errors(f"{self.address}/{path}"):
            self.client.put_object(
                Bucket=self.bucket,
                Key=self.key(path),
                Body=data,
                ContentType=content_type,
                Metadata={"sha256": sha256},
            )
        return True

    def _same(self, path: str, size: int, sha256: str, content_type: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            head = self.client.head_object(Bucket=self.bucket, Key=self.key(path))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _NO_OBJECT | _FORBIDDEN:
                return False  # without the right to list, a missing object is a 403
            raise translate(error, f"{self.address}/{path}") from error
        there = (head["ContentLength"], head["Metadata"].get("sha256"), head.get("ContentType"))
        return bool(there == (size, sha256, content_type))


def chunks(s3: Any, address: str, size: int = 1 << 20) -> Iterator[bytes]:
    """The bytes of an object."""
    bucket, key = split(address)
    with s3_errors(address):
        yield from s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(size)


class _MayNotListError(GroundsetError):
    """Listing is not allowed; writing may be."""


@contextmanager
def s3_errors(address: str) -> Iterator[None]:
    """Turn boto3's errors into clear ones that name the address."""
    from boto3.exceptions import S3UploadFailedError
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise translate(error, address) from error
    except S3UploadFailedError as error:
        cause = error.__cause__ or error.__context__
        raise (translate(cause, address) if isinstance(cause, ClientError) else _failed(error, address)) from error
    except BotoCoreError as error:
        raise _failed(error, address) from error


def translate(error: Any, address: str) -> GroundsetError:
    """What an S3 error answer means for the user."""
    answer = error.response.get("Error", {})
    code, text = str(answer.get("Code", "")), str(answer.get("Message", "") or error)
    if code in _REFUSED:
        return InputError("S3 refuses these credentials", asked=address, found=f"{code}: {text}", hint=f"check {_KEYS}")
    if code in _NO_BUCKET:
        return MissingError("there is no such bucket", asked=address, found=code, hint="make it first")
    if code in _FORBIDDEN and error.operation_name == "ListObjectsV2":
        return _MayNotListError("listing is not allowed", asked=address)
    if code in _FORBIDDEN:
        return InputError(
            "these credentials may not do this", asked=f"{error.operation_name} {address}", found=f"{code}: {text}"
        )
    if code in _NO_OBJECT:
        return MissingError("there is no such object", asked=address, found=code)
    return ServiceError("S3 answered with an error", asked=address, found=f"{code}: {text}", hint="try again")


def _failed(error: Exception, address: str) -> ServiceError:
    return ServiceError("S3 cannot be reached", asked=address, found=error, hint="check AWS_ENDPOINT_URL_S3")
