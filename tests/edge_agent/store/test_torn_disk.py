"""The model of a torn disk keeps what was synced and can lose everything else, whole or in parts."""

from tests.edge_agent.store.torn.disk import SECTOR, Create, Cut, Op, Sync, Tear, Truncate, Unlink, Write, cuts

OLD, NEW = b"o" * SECTOR * 4, b"n" * SECTOR * 4


def images(ops: list[Op], *, last_only: bool = True, lies: float = 0.0) -> list[Cut]:
    found = [cut for seed in range(40) for cut in cuts({}, ops, seed=seed, lies=lies)]
    return [cut for cut in found if cut.moment == len(ops)] if last_only else found


def test_what_was_synced_is_in_every_image_from_then_on() -> None:
    ops: list[Op] = [Create("a", 1), Write(1, 0, OLD), Sync(1, folder=True), Write(1, len(OLD), NEW)]
    assert all(cut.image.files["a"].startswith(OLD) for cut in images(ops))
    assert {len(cut.image.files["a"]) for cut in images(ops)} >= {len(OLD), len(OLD + NEW)}


def test_what_was_not_synced_is_there_sector_by_sector() -> None:
    ops: list[Op] = [Create("a", 1), Write(1, 0, OLD), Sync(1, folder=True), Write(1, 0, NEW)]
    honest = [cut for cut in images(ops) if cut.tear is not Tear.GARBAGE]
    sectors = {cut.image.files["a"][at : at + SECTOR] for cut in honest for at in range(0, len(OLD), SECTOR)}
    assert sectors == {OLD[:SECTOR], NEW[:SECTOR]}
    assert len({cut.image.files["a"] for cut in honest}) > 5


def test_a_size_may_be_there_without_its_data() -> None:
    ops: list[Op] = [Create("a", 1), Sync(1, folder=True), Write(1, 0, NEW)]
    assert bytes(len(NEW)) in {cut.image.files["a"] for cut in images(ops)}


def test_a_truncation_is_lost_or_kept() -> None:
    ops: list[Op] = [Create("a", 1), Write(1, 0, OLD), Sync(1, folder=True), Truncate(1, 0)]
    assert {len(cut.image.files["a"]) for cut in images(ops)} == {0, len(OLD)}


def test_a_name_comes_and_goes_with_the_folder() -> None:
    ops: list[Op] = [Create("a", 1), Sync(1, folder=True), Unlink("a", folder=False)]
    assert {tuple(cut.image.files) for cut in images(ops)} == {(), ("a",)}
    assert {tuple(cut.image.files) for cut in images([*ops, Create("b", 2), Sync(2, folder=True)])} == {("b",)}


def test_the_same_seed_gives_the_same_images() -> None:
    ops: list[Op] = [Create("a", 1), Write(1, 0, OLD), Sync(1, folder=True), Write(1, 100, NEW), Truncate(1, 900)]
    assert [cut.image.files for cut in cuts({}, ops, seed=3)] == [cut.image.files for cut in cuts({}, ops, seed=3)]


def test_a_disk_that_lies_can_lose_what_it_said_it_had_synced() -> None:
    ops: list[Op] = [Create("a", 1), Write(1, 0, OLD), Sync(1, folder=True)]
    assert {} in [cut.image.files for cut in images(ops, lies=1.0)]
    assert all(cut.image.files == {"a": OLD} for cut in images(ops))
