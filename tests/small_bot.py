"""A bot for tests of `simexchange run`: does what its arguments say, one after the other, with nothing but Python.

order ID | look ID | cancel ID | say TEXT | env NAME | exit CODE | stay | stubborn | child FILE | wait-for FILE TEXT
"""

import hashlib
import hmac
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

LOOK_S = 0.02
PATIENCE_S = 20.0


def ask(method: str, path: str, **params: str) -> str:
    """A signed request of alice's; the answer, or the refusal."""
    query = urllib.parse.urlencode(params | {"timestamp": str(int(time.time() * 1000))})
    secret = os.environ["SIMX_BINANCE_ALICE_API_SECRET"].encode()
    query += "&signature=" + hmac.new(secret, query.encode(), hashlib.sha256).hexdigest()
    headers = {"X-MBX-APIKEY": os.environ["SIMX_BINANCE_ALICE_API_KEY"]}
    url = f"{os.environ['SIMX_BINANCE_REST_URL']}{path}?{query}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, method=method, headers=headers), timeout=PATIENCE_S) as reply:
            return str(reply.read(), "utf-8")
    except urllib.error.HTTPError as refusal:
        return str(refusal.read(), "utf-8")
    except (urllib.error.URLError, ConnectionError) as error:
        return f"no answer: {type(error).__name__}"


def tell(text: str | None) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def wait_until(file: Path, text: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and not (file.exists() and text in file.read_text()):
        time.sleep(LOOK_S)


def main(words: list[str]) -> int:
    while words:
        word = words.pop(0)
        if word == "order":
            terms = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
            tell(ask("POST", "/api/v3/order", **terms, quantity="0.01", price="40000", newClientOrderId=words.pop(0)))
        elif word == "look":
            tell(ask("GET", "/api/v3/order", symbol="BTCUSDT", origClientOrderId=words.pop(0)))
        elif word == "cancel":
            tell(ask("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId=words.pop(0)))
        elif word == "say":
            tell(words.pop(0))
        elif word == "env":
            tell(os.environ.get(words.pop(0)))
        elif word == "exit":
            return int(words.pop(0))
        elif word == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        elif word == "child":
            child = subprocess.Popen([sys.executable, __file__, "stubborn", "say", "up", "stay"])
            Path(words.pop(0)).write_text(f"{os.getpid()} {child.pid}")
        elif word == "wait-for":
            wait_until(Path(words.pop(0)), words.pop(0))
        elif word == "stay":
            time.sleep(PATIENCE_S)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
