"""Tax numbers of companies, with valid check digits and no number given twice."""

from __future__ import annotations

from stdnum import luhn
from stdnum.iso7064 import mod_11_10

from tieout_samples.ids import scramble
from tieout_samples.rows import Array, text

_SPACE = 9_000_011  # prime, above the largest number of customers


def tax_numbers(countries: Array, numbers: Array) -> tuple[Array, Array]:
    """Return VAT numbers (with country prefix; empty in the US) and national tax numbers."""
    base = scramble(numbers % _SPACE, _SPACE, 271)
    pairs = [_BY_COUNTRY[country](int(n)) for country, n in zip(countries, base, strict=True)]
    return text(vat for vat, _ in pairs), text(national for _, national in pairs)


def duns_numbers(numbers: Array) -> Array:
    """Return nine-digit D-U-N-S numbers."""
    return text(f"{n + 10_000_000:09d}" for n in scramble(numbers % _SPACE, _SPACE, 977))


def _us(n: int) -> tuple[str, str]:
    prefixes = ("12", "20", "26", "27", "36", "41", "45", "46", "47", "61", "75", "81", "83", "84")
    return "", f"{prefixes[n % len(prefixes)]}-{n % 10_000_000:07d}"


def _de(n: int) -> tuple[str, str]:
    body = f"{10_000_000 + n:08d}"
    return (
        f"DE{body}{mod_11_10.calc_check_digit(body)}",
        f"{100 + n % 800:03d}/{n % 10000:04d}/{n // 1000 % 10000:04d}",
    )


def _gb(n: int) -> tuple[str, str]:
    body = f"{1_000_000 + n % 8_999_999:07d}"
    weighted = sum(int(digit) * weight for digit, weight in zip(body, range(8, 1, -1), strict=True))
    return f"GB{body}{97 - weighted % 97:02d}", f"{n % 99_999_999:08d}"


def _fr(n: int) -> tuple[str, str]:
    siren = f"{30_000_000 + n:08d}"
    siren += luhn.calc_check_digit(siren)
    key = (12 + 3 * (int(siren) % 97)) % 97
    return f"FR{key:02d}{siren}", siren


def _it(n: int) -> tuple[str, str]:
    body = f"{n:07d}{1 + n % 95:03d}"
    number = body + luhn.calc_check_digit(body)
    return f"IT{number}", number


def _es(n: int) -> tuple[str, str]:
    body = f"{n:07d}"
    number = f"B{body}{luhn.calc_check_digit(body)}"
    return f"ES{number}", number


def _nl(n: int) -> tuple[str, str]:
    while True:
        body = f"{10_000_000 + n:08d}"
        check = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if check < 10:
            return f"NL{body}{check}B01", f"{body}{check}"
        n += _SPACE


def _at(n: int) -> tuple[str, str]:
    body = f"{n:07d}"
    total = sum(sum(divmod(int(digit) * (1 + i % 2), 10)) for i, digit in enumerate(body))
    return f"ATU{body}{(6 - total) % 10}", f"{n % 100:02d} {n // 100 % 1000:03d}/{n % 10000:04d}"


def _se(n: int) -> tuple[str, str]:
    body = f"55{n:07d}"
    number = body + luhn.calc_check_digit(body)
    return f"SE{number}01", f"{number[:6]}-{number[6:]}"


def _pl(n: int) -> tuple[str, str]:
    weights = (6, 5, 7, 2, 3, 4, 5, 6, 7)
    while True:
        body = f"{520_000_000 + n:09d}"
        check = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
        if check < 10:
            return f"PL{body}{check}", f"{body}{check}"
        n += _SPACE


_BY_COUNTRY = {
    "US": _us,
    "DE": _de,
    "GB": _gb,
    "FR": _fr,
    "IT": _it,
    "ES": _es,
    "NL": _nl,
    "AT": _at,
    "SE": _se,
    "PL": _pl,
}
