"""Where the settings come from: the process environment, and a file under it."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.settings import ConfigurationError, essentials, legible, read_env


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


@pytest.mark.parametrize(
    "line",
    [
        "RISK_PER_TRADE_PCT 0.1",
        "RISK_PER_TRADE_PCT: 0.1",
        'WEBHOOK_SECRET="0.1',
        "set STOP_LOSS_PCT=1",
        "STOP_LOSS_PCT",
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_never_shown(tmp_path: Path, line: str) -> None:
    """The bot would trade with the default, and nobody would know."""
    file = tmp_path / ".env"
    file.write_text(f"# a comment\n\nPORT=1\n{line}\nHOST=there\n")
    with pytest.raises(ConfigurationError) as found:
        read_env(file)
    name = next(word for word in ("WEBHOOK_SECRET", "STOP_LOSS_PCT", "RISK_PER_TRADE_PCT") if word in line)
    assert found.value.problems == (f"{name}: line 4 of {file} cannot be read; allowed: {name}=value",)
    file.write_text("PORT=1\nwhat is this\n")
    with pytest.raises(ConfigurationError, match=r"\.env: line 2 cannot be read; allowed: NAME=value"):
        read_env(file)


def test_what_is_set_twice_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("RISK_PER_TRADE_PCT=0.5\nRISK_PER_TRADE_PCT=5\n")
    with pytest.raises(ConfigurationError, match=r"RISK_PER_TRADE_PCT: set twice in .*, again in line 2"):
        read_env(file)


def test_a_command_of_the_operator_needs_to_know_which_bot_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_PATH", "WEBHOOK_SECRET", "PORT"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".env"
    file.write_text("RISK_PER_TRADE_PCT=1%\nwhat is this\nWEBHOOK_SECRET=too-short\nPORT=7\nDATABASE_PATH=my.db\n")
    needed = essentials(file)
    assert needed.database_path == Path("my.db")
    assert [secret.reveal() for secret in needed.secrets] == ["too-short"]
    assert legible(file)["PORT"] == "7"

    file.write_text("RISK_PER_TRADE_PCT=1%\nMAX_DRAWDOWN_PCT 10\n")
    assert essentials(file).database_path == Path("data/auto-trader.db")
    file.write_text("DATABASE_PATH: my.db\n")
    with pytest.raises(ConfigurationError, match=r"DATABASE_PATH: line 1 of .* cannot be read"):  # another bot's is
        essentials(file)
    monkeypatch.setenv("DATABASE_PATH", "other.db")
    assert essentials(file).database_path == Path("other.db")
