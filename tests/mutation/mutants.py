"""Every small wrong change of a file, by cosmic-ray's operators."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

COMPARISONS = ("LtE_Lt", "LtE_Gt", "Lt_LtE", "Lt_GtE", "GtE_Gt", "GtE_Lt", "Gt_GtE", "Gt_LtE")
IDENTITIES = ("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")
ARITHMETIC = ("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div", "Mod_Mul", "Pow_Mul", "BitOr_BitAnd")
UNARY = ("Delete_Not", "Delete_USub", "USub_UAdd")
WORDS = ("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "AddNot")
OTHERS = ("NumberReplacer", "ZeroIterationForLoop", "ExceptionReplacer", "RemoveDecorator")
OPERATORS = (  # not all of cosmic-ray's: `a < b` into `a == b` and its like are weaker than what is here
    *(f"ReplaceComparisonOperator_{name}" for name in COMPARISONS + IDENTITIES),
    *(f"ReplaceBinaryOperator_{name}" for name in ARITHMETIC),
    *(f"ReplaceUnaryOperator_{name}" for name in UNARY),
    *WORDS,
    *OTHERS,
)


class Mutant(NamedTuple):
    file: str  # from the root
    operator: str
    line: int
    before: str  # the line
    after: str
    nth: int  # of those that look the same
    code: str  # the whole file

    @property
    def key(self) -> str:
        """The same after lines above it moved."""
        return f"{self.file} {self.nth} {self.before} -> {self.after}"


def mutants(root: Path, file: str) -> Iterator[Mutant]:
    source = (root / file).read_text()
    meant, seen, alike = _meaning(source), set[str](), Counter[tuple[str, str]]()
    for name in OPERATORS:
        operator, occurrence = get_operator(f"core/{name}")(), 0
        while (code := mutate_code(source, operator, occurrence)) is not None:
            occurrence += 1
            if code not in seen and _meaning(code) != meant:
                seen.add(code)
                line, before, after = _difference(source, code)
                yield Mutant(file, name, line, before, after, alike[before, after], code)
                alike[before, after] += 1


def _meaning(source: str) -> str:
    """The code without its annotations: nothing runs in those."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def _difference(source: str, code: str) -> tuple[int, str, str]:
    old, new = source.splitlines(), code.splitlines()
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)) - 1)
    return at + 1, old[at].strip(), new[at].strip()
