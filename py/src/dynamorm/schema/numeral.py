"""A number's one text, the same in every language; what range a number may have is its user's to know."""

from __future__ import annotations

_PLAIN_MIN, _PLAIN_MAX = -7, 38


def spell(digits: str, power: int) -> str:
    """Spell significant digits, of which the first has the exponent `power`.

    >>> spell("15", 0), spell("1", 40), spell("15", -8)
    ('1.5', '1E+40', '1.5E-8')
    """
    if not _PLAIN_MIN <= power < _PLAIN_MAX:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{digits[0]}{fraction}E{power:+d}"
    if power < 0:
        return f"0.{'0' * (-power - 1)}{digits}"
    if len(digits) <= power + 1:
        return digits + "0" * (power + 1 - len(digits))
    return f"{digits[: power + 1]}.{digits[power + 1 :]}"
