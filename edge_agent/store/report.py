"""What /healthz says of the store."""

from edge_agent.store.store import Store
from protocols.sync.envelope import LossReason


def store_document(store: Store) -> dict[str, object]:
    """How much it holds and has room for, what waits, and what was lost."""
    kept, lost = store.health(), store.losses()
    usage = kept.usage
    return {
        "epoch": kept.epoch,
        "low": kept.low,
        "waiting": kept.waiting,
        "file_bytes": kept.file_bytes,
        "used_bytes": usage.file,
        "telemetry_bytes": usage.telemetry,
        "journal_bytes": usage.journal,
        "disk_free_bytes": usage.disk_free,
        "pressure": usage.pressure.name.lower(),
        "backup_age_s": None if kept.backup_age_s is None else round(kept.backup_age_s),
        "damaged": kept.damaged,
        "salvaged": None if store.salvaged is None else store.salvaged.why,
        "lost_ranges": len(lost),
        "facts_lost": sum(one.gone for one in lost if one.reason == LossReason.DAMAGED),
        "facts_shed": sum(one.gone for one in lost if one.reason == LossReason.SHED),
    }
