"""Numbers: canonical text out, exact values in; 38 digits, never rounded."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from ..errors.refusal import Refusal
from ..limits import NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN
from ..schema.numeral import spell

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
# Python refuses to spell integers of thousands of digits; none of them is DynamoDB's.
_BEYOND = 10 ** (NUMBER_EXPONENT_MAX + 1)
_INT64_DIGITS = 19
# The text of most numbers is canonical already; this finds it without a Decimal.
_SIMPLE = re.compile(r"-?(?:[1-9][0-9]{0,37}|0)")


class NumberError(Refusal):
    """A number that DynamoDB does not hold, or text that is no number; says why, never which."""


def canonical(value: Decimal | int | float | str) -> str:  # noqa: PYI041 - the branches take int and float apart
    """Give DynamoDB's canonical text of a number, or refuse; never round.

    >>> canonical(Decimal("1.10")), canonical("1E38"), canonical("-0")
    ('1.1', '1E+38', '0')
    """
    if isinstance(value, float):
        # By float's own spelling: what others make of it (numpy's "np.float64(1.5)") is no number.
        return _of_decimal(Decimal(float.__repr__(value)))
    if isinstance(value, Decimal):
        return _of_decimal(value)
    if isinstance(value, int) and abs(value) >= _BEYOND:
        raise NumberError("outside DynamoDB's range")
    text = value if isinstance(value, str) else int.__repr__(value)
    return text if _SIMPLE.fullmatch(text) and text != "-0" else _of_decimal(parse(text))


def parse(text: str) -> Decimal:
    """Read a number's text by its value, with all its digits.

    >>> parse("1E+5") == 100000
    True
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise NumberError("not a number") from None
    if "_" in text or not text.isascii() or text != text.strip():
        raise NumberError("not a number")
    return number


def _of_decimal(number: Decimal) -> str:
    if not number.is_finite():
        raise NumberError("not a finite number")
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    if not text:
        return "0"
    trimmed = text.rstrip("0")
    power = int(exponent) + len(text) - 1
    if len(trimmed) > NUMBER_DIGITS_MAX:
        raise NumberError("more than 38 significant digits")
    if not NUMBER_EXPONENT_MIN <= power <= NUMBER_EXPONENT_MAX:
        raise NumberError("outside DynamoDB's range")
    return ("-" if sign else "") + spell(trimmed, power)


def whole(text: str) -> int:
    """Read an integer of 64 bits; a fraction or a larger one is refused."""
    if _SIMPLE.fullmatch(text):
        value = int(text)
    else:
        number = parse(text)
        if number.is_finite() and number.adjusted() >= _INT64_DIGITS:
            raise NumberError("outside 64 bits")
        if not number.is_finite() or number != number.to_integral_value():
            raise NumberError("not an integer")
        value = int(number)
    if not INT64_MIN <= value <= INT64_MAX:
        raise NumberError("outside 64 bits")
    return value


def natural(text: str) -> int | Decimal:
    """Read a number without a format: an int where it is integral, else a Decimal.

    >>> natural("1.0"), natural("1.50")
    (1, Decimal('1.5'))
    """
    number = parse(text)
    spelled = Decimal(canonical(number))
    return int(spelled) if spelled == spelled.to_integral_value() else spelled
