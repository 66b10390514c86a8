"""The backend of an exchange that runs elsewhere: operations go to its control address, in plain HTTP."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import anyio.to_thread

from simexchange import control_http
from simexchange.control_http import Unreachable
from simexchange.description import env_name, read_env
from simexchange.handle.backend import Account, Backend, Served, SimxError, VenueAddress, refusal

PATIENCE_S: Final = 60.0
"""How long an answer may take; moving time by days takes seconds."""
TOKEN: Final = "SIMX_CONTROL_TOKEN"


class Remote(Backend):
    """A running exchange, by its control address and token. It goes on when the handle is let go of."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.hostname is None:
            raise SimxError(f"{url!r} is no control address: http://127.0.0.1:8787 is one")
        authority = parts.netloc.rpartition("@")[2]
        self._url = urlunsplit((parts.scheme, authority, "", "", ""))
        self._token = token or parts.username or ""
        self.served = self._described()

    def ask(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        method, _, template = operation.partition(" ")
        place = template.format_map({name: quote(value, safe="") for name, value in (path or {}).items()})
        raw = self._answered(method, place, query, body)
        return json.loads(raw) if raw else None

    async def ask_later(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        return await anyio.to_thread.run_sync(self.ask, operation, path, query, body)

    def accounts(self, venue: str) -> list[Account]:
        accounts = []
        for name, key in self._keys(venue):
            env, owner = self._config(venue, name), f"SIMX_{env_name(venue)}_{env_name(name)}_"
            secret, passphrase = env.get(f"{owner}API_SECRET", ""), env.get(f"{owner}PASSPHRASE")
            accounts.append(Account(name, key["permissions"], env[f"{owner}API_KEY"], secret, passphrase, key["kind"]))
        return accounts

    def env(self) -> dict[str, str]:
        served = self.served
        env = {"SIMX_SEED": str(served.seed), "SIMX_SCENARIO": served.scenario}
        env |= {"SIMX_CONTROL_URL": self._url, TOKEN: self._token}
        for venue, address in served.venues.items():
            for name, _ in self._keys(venue):
                env |= self._config(venue, name)
            prefix = f"SIMX_{env_name(venue)}"
            env |= {f"{prefix}_REST_URL": address.rest_url, f"{prefix}_WS_URL": address.ws_url}
            env[f"{prefix}_SYMBOLS"] = ",".join(address.symbols)
        return env

    def _keys(self, venue: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each account that has a key that is good, and the first of those."""
        for account in self.ask("GET /venues/{venue}/accounts", {"venue": venue}):
            key = next((key for key in account["keys"] if key["alive"]), None)
            if key is not None:
                yield account["name"], key

    def _config(self, venue: str, account: str) -> dict[str, str]:
        """The SIMX_* lines of one account."""
        raw = self._answered("GET", "/config/env", {"venue": venue, "account": account})
        return read_env(raw.decode().splitlines())

    def stop(self) -> None:
        """Nothing of it is ours."""

    async def stop_later(self) -> None:
        """The same."""

    def _described(self) -> Served:
        info = self.ask("GET /info")
        if not info["venues"]:
            raise SimxError(f"the exchange at {self._url} is still starting; /health/ready tells when it is served")
        return Served(
            version=info["version"],
            seed=info["seed"],
            scenario=info["scenario"],
            control_url=self._url,
            control_token=self._token,
            venues={
                name: VenueAddress(venue["rest_url"], venue["ws_url"], venue["symbols"])
                for name, venue in info["venues"].items()
            },
        )

    def _answered(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> bytes:
        """The body of a good answer. Raises Refused or Stopped for a problem, SimxError where nobody answers."""
        try:
            answer = control_http.ask(self._url, self._token, method, path, query, body, patience_s=PATIENCE_S)
        except Unreachable as unreachable:
            raise SimxError(f"nobody answers at {self._url}: {unreachable}") from None
        if not answer.is_good:
            raise refusal(answer.status, _problem(answer.body))
        return answer.body


def _problem(raw: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(raw)
    except ValueError:
        return {"detail": raw.decode("utf-8", "replace")[:200]}
    return problem if isinstance(problem, dict) else {"detail": str(problem)}
