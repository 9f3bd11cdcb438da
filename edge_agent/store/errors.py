"""What the store says when it cannot do its work. The station turns these into answers; nothing here retries."""


class StoreError(Exception):
    """Base of everything the store raises by itself."""


class StoreUnwritable(StoreError):
    """The disk or the file does not take writes now; the work was not done, nothing of it. `code` is SQLite's."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class StoreFull(StoreUnwritable):
    """No room is left (or only the reserve, and the work is new business); nothing was done."""


class StoreInUse(StoreError):
    """Another process has this store open: two writers would break the numbers."""


class StoreDamaged(StoreUnwritable):
    """SQLite found the file damaged: at start by its own check, later by itself."""

    def __init__(self, detail: str) -> None:
        super().__init__("damaged", detail)


class StoreTooNew(StoreError):
    """The file was written by a newer version of the agent."""
