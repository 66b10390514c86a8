"""API keys: things of their own. An account may have many, each with its permissions, addresses and life."""

from msgspec import Struct

from simexchange.domain.enums import KeyKind, Permission
from simexchange.domain.ids import AccountId
from simexchange.domain.secret import Secret


class ApiKey(Struct):
    """One key. ``ip_allow`` holds networks in CIDR notation; empty means any address."""

    api_key: str
    account_id: AccountId
    kind: KeyKind
    material: Secret
    permissions: tuple[Permission, ...]
    ip_allow: tuple[str, ...]
    created_ns: int
    expires_ns: int | None = None
    revoked: bool = False
    label: str = ""

    def allows(self, permission: Permission) -> bool:
        return permission in self.permissions

    def is_alive(self, now_ns: int) -> bool:
        """Neither revoked nor expired."""
        return not self.revoked and (self.expires_ns is None or now_ns < self.expires_ns)
