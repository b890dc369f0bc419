"""The project's C++ files, and their text without what the compiler does not see."""

import re
import subprocess
from pathlib import Path

# In the order in which one must be tried before the other: a quote in a comment begins no string, two
# slashes in a string begin no comment. An apostrophe after a digit or letter parts digits (1'000).
TOKEN = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9A-Za-z])'(?:\\.|[^'\\\n])*'
    """,
    re.DOTALL | re.VERBOSE,
)


def listed(root: Path) -> list[str]:
    """What tools/sources prints: paths below the project's root."""
    command = [str(root / "tools" / "sources")]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return text.splitlines()


def code_of(text: str, keep_strings: bool = False) -> str:
    """`text` with comments and the insides of literals blanked; lines stay where they are."""

    def blank(match: re.Match) -> str:
        token = match.group()
        if keep_strings and not token.startswith("/"):
            return token
        return re.sub(r"[^\n]", " ", token)

    return TOKEN.sub(blank, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
