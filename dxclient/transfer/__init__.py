"""The durable transfer queue: what is accepted is sent exactly once, and confirmed."""

from dxclient.transfer.lock import QueueLock
from dxclient.transfer.options import TransferOptions
from dxclient.transfer.progress import ScanSent
from dxclient.transfer.service import TransferService
from dxclient.transfer.store import Store

__all__ = ["QueueLock", "ScanSent", "Store", "TransferOptions", "TransferService"]
