"""The artifact's zip beyond what 32 bits can say; a member of 4 GiB and 5 bytes was tried by hand, a minute of disk."""

from __future__ import annotations

import struct
import zipfile

from artifact_builder.digest import Member
from artifact_builder.zip_file import write_zip

_LOCAL_HEADER_BYTES = 30
_ZIP64 = 1


def test_a_member_beyond_zips_limit_is_written_as_zip64_and_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    content = bytes(range(256)) * 20
    (tmp_path / "model.joblib").write_bytes(content)

    write_zip(tmp_path, (Member("model.joblib", len(content), ""),), tmp_path / "a.zip")

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        (entry,) = archive.infolist()
        assert archive.read(entry) == content
    extra = (tmp_path / "a.zip").read_bytes()[_LOCAL_HEADER_BYTES + len(entry.filename) :]
    assert struct.unpack("<HHQQ", extra[:20]) == (_ZIP64, 16, len(content), len(content))
