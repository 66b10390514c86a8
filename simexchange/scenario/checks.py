"""What a scenario's parts must say about each other: names that exist, numbers that fit, times in their order."""

from collections.abc import Callable, Iterable
from ipaddress import ip_network
from typing import Any, Final

from simexchange.domain.instrument import Asset
from simexchange.domain.units import RATE_DECIMALS, RATE_ONE, UnitsError, parse_units
from simexchange.scenario.expectation_specs import Expectation
from simexchange.scenario.reading import Reading
from simexchange.scenario.specs import Scenario
from simexchange.scenario.timeline_specs import ACTIONS, LASTING, Entry, FaultSpec, RulesSpec
from simexchange.scenario.venue_specs import ACCOUNTS, AccountSpec, InstrumentSpec, VenueSpec
from simexchange.services.faults.event_names import NAMES
from simexchange.services.likeness import did_you_mean
from simexchange.services.market_models.course import DEEPEST, HIGHEST

ASSET_DECIMALS: Final = Asset("any").decimals
PRICES: Final = ("tick", "min_price", "max_price")
QUANTITIES: Final = ("lot", "min_quantity", "max_quantity", "market_max_quantity")
NOTIONALS: Final = ("min_notional", "max_notional")


def check_scenario(
    scenario: Scenario,
    reading: Reading,
    check_fault: Callable[[dict[str, Any]], object] | None,
    check_limits: Callable[[str, str], object] | None,
    venues: tuple[str, ...] | None,
) -> None:
    """Note every problem between the parts of a scenario whose parts are sound by themselves."""
    check = _Check(scenario, reading)
    if not scenario.venues:
        reading.wrong_at("venues", "there is no venue")
    if scenario.clock.mode != "scaled" and scenario.clock.speed is not None:
        reading.wrong_at("clock.speed", f"a speed belongs to mode scaled, and this is mode {scenario.clock.mode}")
    for name, venue in scenario.venues.items():
        if venues is not None and name not in venues:
            reading.wrong_at(f"venues.{name}", f"there is no venue {name!r}; {did_you_mean(name, venues)}")
            continue
        check.venue(f"venues.{name}", name, venue, check_limits)
    for place, entry in enumerate(scenario.timeline):
        check.entry(f"timeline[{place}]", entry, check_fault)
    for place, expectation in enumerate(scenario.expect):
        check.expectation(f"expect[{place}]", expectation)


class _Check:
    def __init__(self, scenario: Scenario, reading: Reading) -> None:
        self._scenario = scenario
        self._reading = reading
        self._wrong = reading.wrong_at

    def venue(self, where: str, name: str, venue: VenueSpec, check_limits: Callable[[str, str], object] | None) -> None:
        if not venue.instruments:
            self._wrong(f"{where}.instruments", "there is no instrument; leave the field out for the usual ones")
        self._no_twins(f"{where}.instruments", "symbol", [one.symbol for one in venue.instruments])
        self._no_twins(f"{where}.accounts", "name", [one.name for one in venue.accounts])
        for place, instrument in enumerate(venue.instruments):
            self._instrument(f"{where}.instruments[{place}]", instrument)
        for place, account in enumerate(venue.accounts):
            self._account(
                f"{where}.accounts[{place}]", account, () if venue.accounts == ACCOUNTS else self._assets(name)
            )
        if venue.latency is not None:
            for part in ("request", "stream"):
                delay = getattr(venue.latency, part)
                if delay is not None and delay.p50 > delay.p99:
                    self._wrong(f"{where}.latency.{part}.p99", f"p99 {delay.p99} is shorter than p50 {delay.p50}")
        if check_limits is not None:
            self._hear(f"{where}.limits", lambda: check_limits(name, venue.limits_text))

    def entry(self, where: str, entry: Entry, check_fault: Callable[[dict[str, Any]], object] | None) -> None:
        name, action = entry.action
        ends = self._scenario.ends_after
        if entry.at is not None and ends is not None and entry.at > ends:
            self._wrong(f"{where}.at", f"{entry.at} is after the end of the scenario, which is after {ends}")
        if entry.for_ is not None and name not in LASTING:
            lasting = ", ".join(one for one in ACTIONS if one in LASTING)
            self._wrong(f"{where}.for", f"{name} is not something that lasts; {lasting} are")
        if entry.for_ is not None and entry.key is not None and entry.key.do is not None:
            self._wrong(f"{where}.for", f"{entry.key.do} is for good; permissions and ip_allow can be taken back")
        if entry.on is not None:
            self._names(f"{where}.on", entry.on)
        at = f"{where}.{name}"
        if isinstance(action, FaultSpec):
            self._fault(at, action, check_fault)
        elif not isinstance(action, str):
            self._names(at, action)
            self._amounts(at, action)
            if name == "fill" and entry.on is None and getattr(action, "account", None) is None:
                self._wrong(at, "'account' is missing: without an event, whose orders are filled?")

    def expectation(self, where: str, expectation: Expectation) -> None:
        form = expectation.form
        if expectation.never == "no_request":
            self._wrong(f"{where}.never", "no_request belongs to within: within 45s after downtime see no_request")
        timed = {"after": expectation.after, "see": expectation.see}
        for name, said in timed.items():
            if form == "within" and said is None:
                self._wrong(where, f"{name!r} is missing; within, after and see belong together")
            if form != "within" and said is not None:
                self._wrong(f"{where}.{name}", f"{name} belongs to within, not to {form}")
        if form in ("at_end", "report_card"):
            for name in ("account", "venue"):
                if getattr(expectation, name) is not None:
                    self._wrong(f"{where}.{name}", f"{name} belongs inside of {form}")
            self._names(f"{where}.{form}", getattr(expectation, form))
        else:
            self._names(where, expectation)
        if expectation.after is not None:
            known = dict.fromkeys((*self._happenings(), *NAMES))
            if expectation.after not in known:
                what = f"{expectation.after!r} is neither in the timeline nor an event; {{}}"
                self._wrong(f"{where}.after", what.format(did_you_mean(expectation.after, known)))

    def _happenings(self) -> Iterable[str]:
        """Kinds of faults and actions of the timeline."""
        for entry in self._scenario.timeline:
            yield entry.fault.kind if entry.fault is not None else entry.action[0]

    def _fault(self, where: str, fault: FaultSpec, check: Callable[[dict[str, Any]], object] | None) -> None:
        match, when = fault.match, fault.when
        self._known(f"{where}.match.venue", "venue", match.venue, self._scenario.venues)
        self._known(f"{where}.match.account", "account", match.account, self._accounts(match.venue))
        if when.probability is not None and not 0 <= when.probability <= RATE_ONE:
            self._wrong(f"{where}.when.probability", f"{when.probability} is not between 0 and 1")
        if when.window is not None and (len(when.window) != 2 or when.window[0] >= when.window[1]):
            self._wrong(f"{where}.when.window", "a window is two durations, the earlier first: [10s, 40s]")
        if check is not None:
            self._hear(where, lambda: check(fault.as_rule()))

    def _names(self, where: str, spec: Any) -> None:
        """Every name of a venue, symbol or account that a mapping holds exists."""
        venue = getattr(spec, "venue", None)
        self._known(f"{where}.venue", "venue", venue, self._scenario.venues)
        self._known(f"{where}.account", "account", getattr(spec, "account", None), self._accounts(venue))
        self._known(f"{where}.symbol", "symbol", getattr(spec, "symbol", None), self._symbols(venue))
        self._known(f"{where}.asset", "asset", getattr(spec, "asset", None), self._assets(venue))
        for asset in getattr(spec, "balances", None) or ():
            self._known(f"{where}.balances.{asset}", "asset", asset, self._assets(venue))
        for symbol in getattr(spec, "position", None) or ():
            self._known(f"{where}.position.{symbol}", "symbol", symbol, self._symbols(venue))

    def _amounts(self, where: str, action: Any) -> None:
        for name in ("deposit", "withdraw"):
            self._fits(f"{where}.{name}", getattr(action, name, None), ASSET_DECIMALS)
        if isinstance(action, RulesSpec):
            for venue in self._of(action.venue):
                for instrument in venue.instruments:
                    if instrument.symbol == action.symbol:
                        self._rules(where, action, instrument)
        for name, least, most in (
            ("by", DEEPEST, HIGHEST),
            ("ratio", 1, RATE_ONE),
            ("sizes", 10**5, 10**11),
            ("trades", 10**5, 10**11),
        ):
            share = getattr(action, name, None)
            if share is not None and not least <= share <= most:
                bounds = f"{least * 100 / RATE_ONE:g}% to {most * 100 // RATE_ONE}%"
                self._wrong(f"{where}.{name}", f"{share} is out of bounds; {bounds} would pass")

    def _instrument(self, where: str, spec: InstrumentSpec) -> None:
        self._rules(where, spec, spec)
        self._fits(f"{where}.max_position", spec.max_position, spec.quantity_decimals)
        self._fits(f"{where}.market.mid", spec.market.mid, spec.price_decimals)
        self._fits(f"{where}.market.trade_value", spec.market.trade_value, spec.price_decimals)
        for name in ("maker", "taker"):
            self._fits(f"{where}.fees.{name}", getattr(spec.fees, name), RATE_DECIMALS)
        base, _, quote = spec.symbol.partition("/")
        if base == quote:
            self._wrong(f"{where}.symbol", f"{spec.symbol} trades an asset for itself")
        self._mid(where, spec)

    def _rules(self, where: str, rules: InstrumentSpec | RulesSpec, instrument: InstrumentSpec) -> None:
        for names, decimals in (
            (PRICES, instrument.price_decimals),
            (QUANTITIES, instrument.quantity_decimals),
            (NOTIONALS, ASSET_DECIMALS),
        ):
            for name in names:
                self._fits(f"{where}.{name}", getattr(rules, name), decimals)
        if rules.band is not None:
            for name in ("up", "down"):
                self._fits(f"{where}.band.{name}", getattr(rules.band, name), RATE_DECIMALS)

    def _mid(self, where: str, spec: InstrumentSpec) -> None:
        try:
            mid, tick, most = (parse_units(text, 18) for text in (spec.market.mid, spec.tick, spec.max_price))
        except UnitsError:
            return
        if mid < 10 * tick:
            self._wrong(f"{where}.market.mid", f"{spec.market.mid} is less than ten ticks of {spec.tick}")
        if most and mid > most:
            self._wrong(f"{where}.market.mid", f"{spec.market.mid} is above max_price, {spec.max_price}")

    def _account(self, where: str, spec: AccountSpec, assets: Iterable[str]) -> None:
        """``assets`` are those there may be money in; none where the usual accounts meet fewer instruments."""
        if spec.name.startswith("house-"):
            self._wrong(f"{where}.name", f"{spec.name!r}: names that begin with house- are the house's own")
        for asset, amount in spec.balances.items():
            self._fits(f"{where}.balances.{asset}", amount, ASSET_DECIMALS)
            self._known(f"{where}.balances.{asset}", "asset", asset, assets or (asset,))
        for place, network in enumerate(spec.ip_allow):
            try:
                ip_network(network, strict=False)
            except ValueError:
                what = f"{network!r} is neither an address nor a network; 127.0.0.1 and 10.0.0.0/8 would pass"
                self._wrong(f"{where}.ip_allow[{place}]", what)

    def _fits(self, where: str, text: str | None, decimals: int) -> None:
        if text is None:
            return
        try:
            parse_units(text, decimals)
        except UnitsError as error:
            self._wrong(where, str(error))

    def _no_twins(self, where: str, name: str, words: list[str]) -> None:
        for place, word in enumerate(words):
            if word in words[:place]:
                self._wrong(f"{where}[{place}].{name}", f"{word!r} is there twice")

    def _known(self, where: str, what: str, word: str | None, known: Iterable[str]) -> None:
        if word is not None and word not in (names := list(known)):
            self._wrong(where, f"this scenario has no {what} {word!r}; {did_you_mean(word, names)}")

    def _accounts(self, venue: str | None) -> list[str]:
        return [account.name for spec in self._of(venue) for account in spec.accounts]

    def _symbols(self, venue: str | None) -> list[str]:
        return [instrument.symbol for spec in self._of(venue) for instrument in spec.instruments]

    def _assets(self, venue: str | None) -> list[str]:
        return list(dict.fromkeys(asset for symbol in self._symbols(venue) for asset in symbol.split("/")))

    def _of(self, venue: str | None) -> list[VenueSpec]:
        venues = self._scenario.venues
        return [venues[venue]] if venue in venues else list(venues.values())

    def _hear(self, where: str, check: Callable[[], object]) -> None:
        """Let another part of the program judge, and take over what it says."""
        try:
            check()
        except ValueError as error:
            field = getattr(error, "field", "")
            self._wrong(f"{where}.{field}" if field else where, getattr(error, "message", "") or str(error))
