"""Where the settings come from: the process environment, and a file under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.settings import ConfigurationError, read_env


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text('PORT=1\nHOST=file\nWEBHOOK_SECRET="a$b${HOME}"\nEMPTY=\nLOG_LEVEL=DEBUG\n', "utf-8-sig")
    monkeypatch.setenv("PORT", "2")
    monkeypatch.setenv("LOG_LEVEL", "")
    monkeypatch.delenv("HOST", raising=False)
    found = read_env(file)
    assert (found["PORT"], found["HOST"], found["LOG_LEVEL"]) == ("2", "file", "DEBUG")
    assert found["WEBHOOK_SECRET"] == "a$b${HOME}"  # secrets are not shell
    assert "EMPTY" not in found


def test_a_file_may_be_absent_but_not_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "2")
    assert read_env(tmp_path / ".env")["PORT"] == read_env(None)["PORT"] == "2"
    (tmp_path / ".env").write_bytes(b"PORT=\xff")
    with pytest.raises(ConfigurationError, match=r"\.env: cannot be read: UnicodeDecodeError; allowed: UTF-8 text"):
        read_env(tmp_path / ".env")
