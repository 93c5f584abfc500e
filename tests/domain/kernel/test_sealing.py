"""Secrets at rest open for their own row and key alone."""

from uuid import UUID

import pytest

from domain.kernel.sealing import Sealed, Sealer, Unsealable

MASTER, EARLIER = "the master key of today", "the master key of yesterday"
ROW, OTHER = UUID(int=7 << 76 | 1), UUID(int=7 << 76 | 2)


def test_what_is_sealed_for_a_row_opens_for_it() -> None:
    sealer = Sealer(MASTER)
    sealed = sealer.seal(b"12345678", "sims", ROW)

    assert sealer.open(sealed, "sims", ROW) == b"12345678"
    assert b"12345678" not in sealed.data
    assert sealer.seal(b"12345678", "sims", ROW).data != sealed.data


@pytest.mark.parametrize("row", [("sims", OTHER), ("other", ROW), ("sims",), ("sims", ROW.hex[:-1], ROW.hex[-1])], ids=str)
def test_it_opens_for_no_other_row(row: tuple[str, ...]) -> None:
    sealer = Sealer(MASTER)

    with pytest.raises(Unsealable):
        sealer.open(sealer.seal(b"secret", "sims", ROW), *row)


@pytest.mark.parametrize("at", [0, 11, 12, -1])
def test_a_changed_byte_doesnt_open(at: int) -> None:
    sealer = Sealer(MASTER)
    sealed = sealer.seal(b"secret", "sims", ROW)
    changed = bytearray(sealed.data)
    changed[at] ^= 1

    with pytest.raises(Unsealable):
        sealer.open(Sealed(sealed.key_id, bytes(changed)), "sims", ROW)
    with pytest.raises(Unsealable):
        sealer.open(Sealed(sealed.key_id, sealed.data[:8]), "sims", ROW)


def test_a_new_master_key_seals_and_the_earlier_one_still_opens() -> None:
    before, after = Sealer(EARLIER), Sealer(MASTER, EARLIER)
    old = before.seal(b"secret", "sims", ROW)

    assert after.open(old, "sims", ROW) == b"secret"
    assert after.seal(b"secret", "sims", ROW).key_id != old.key_id
    with pytest.raises(Unsealable):
        Sealer(MASTER).open(old, "sims", ROW)
    with pytest.raises(Unsealable):
        before.open(Sealed(before.key_id, after.seal(b"secret", "sims", ROW).data), "sims", ROW)


def test_digests_depend_on_key_purpose_and_every_part() -> None:
    sealer = Sealer(MASTER)
    texts = [
        sealer.digest("code", "a", "b"), sealer.digest("code", "ab"), sealer.digest("code", "a", "c"), sealer.digest("other", "a", "b"),
        sealer.digest("codea", "b"), Sealer(EARLIER).digest("code", "a", "b"),
    ]  # fmt: skip

    assert len(set(texts)) == len(texts)
    assert sealer.digest("code", "a", "b") == texts[0] == Sealer(MASTER, EARLIER).digest("code", "a", "b")


def test_no_key_is_printed_or_empty() -> None:
    assert MASTER not in repr(Sealer(MASTER))
    with pytest.raises(ValueError, match="empty"):
        Sealer("")
