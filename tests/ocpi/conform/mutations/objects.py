"""Objects of a CPO that lack something, or say it wrongly."""

from tests.ocpi.conform.spoiling import Said, caught_by


@caught_by("LOC-040")
def has_no_time_zone(said: Said) -> None:
    for one in said.listed("locations"):
        one.pop("time_zone", None)


@caught_by("LOC-029")
def does_not_say_whether_to_publish(said: Said) -> None:
    for one in said.listed("locations"):
        one.pop("publish", None)


@caught_by("LOC-095")
def counts_degrees(said: Said) -> None:
    for one in said.listed("locations"):
        one["coordinates"] = {"latitude": 57.7, "longitude": 11.9}


@caught_by("LOC-047")
def abbreviates_the_country(said: Said) -> None:
    for one in said.listed("locations"):
        one["country"] = "SE"


@caught_by("LOC-054")
def has_evses_without_connectors(said: Said) -> None:
    for one in said.listed("locations"):
        one["evses"][0]["connectors"] = []


@caught_by("LOC-061")
def has_a_status_that_is_none(said: Said) -> None:
    for one in said.listed("locations"):
        one["evses"][0]["status"] = "Available"


@caught_by("LOC-085")
def measures_tenths_of_volts(said: Said) -> None:
    for one in said.listed("locations"):
        one["evses"][0]["connectors"][0]["max_voltage"] = 230.5


@caught_by("LOC-003")
def changes_only_the_evse(said: Said) -> None:
    for one in said.listed("locations"):
        one["evses"][0]["last_updated"] = "2030-01-01T00:00:00Z"


@caught_by("LOC-033")
def publishes_to_some_and_to_all(said: Said) -> None:
    for one in said.listed("locations"):
        one["publish_allowed_to"] = [{"group_id": "G"}]


@caught_by("LOC-055")
def uses_a_uid_twice(said: Said) -> None:
    for one in said.listed("locations"):
        one["evses"] *= 2


@caught_by("LOC-005")
def finds_an_evse_anywhere(said: Said) -> None:
    if said.http == 404 and said.at("locations", 2):
        said.succeed()


@caught_by("LOC-008")
def takes_a_location(said: Said) -> None:
    if said.http == 405 and said.at("locations", 0) and said.method == "PUT":
        said.succeed()


@caught_by("TYP-002")
def minds_the_case(said: Said) -> None:
    if said.at("locations", 1) and said.path.endswith("loc1"):
        said.refuse(404, 2003)


@caught_by("TYP-010")
def says_the_offset_of_its_dates(said: Said) -> None:
    for one in said.listed("locations"):
        one["last_updated"] = one["last_updated"].replace("Z", "+00:00")


@caught_by("TYP-013")
def counts_microseconds(said: Said) -> None:
    for one in said.listed("tariffs"):
        one["last_updated"] = one["last_updated"].replace("Z", ".123456Z")


@caught_by("TYP-004")
def is_verbose(said: Said) -> None:
    for one in said.listed("locations"):
        one["city"] = "Göteborg " * 6


@caught_by("TYP-040")
def spells_like_a_camel(said: Said) -> None:
    for one in said.listed("locations"):
        one["timeZone"] = one["time_zone"]


@caught_by("TYP-015")
def quotes_prices(said: Said) -> None:
    for one in said.listed("tariffs"):
        for component in one["elements"][0]["price_components"]:
            component["price"] = str(component["price"])


@caught_by("TAR-011")
def has_tariffs_without_elements(said: Said) -> None:
    for one in said.listed("tariffs"):
        one["elements"] = []


@caught_by("TAR-016")
def has_no_such_currency(said: Said) -> None:
    for one in said.listed("tariffs"):
        one["currency"] = "kr"


@caught_by("SES-033")
def reserves_in_the_words_of_the_prose(said: Said) -> None:
    for one in said.listed("sessions"):
        one["status"] = "RESERVED"


@caught_by("TYP-028")
def has_prices_without_what_they_exclude(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["total_cost"] = {"incl_vat": 10}


@caught_by("CDR-040")
def reports_power_in_a_cdr(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["charging_periods"][0]["dimensions"].append({"type": "POWER", "volume": 11})


@caught_by("CDR-022")
def closes_without_periods(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["charging_periods"] = []


@caught_by("CDR-046")
def counts_minutes_as_hours(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["total_time"] = one["total_time"] * 60


@caught_by("CDR-041")
def counts_watt_hours(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["total_energy"] = one["total_energy"] * 1000


@caught_by("CDR-033")
def shuffles_periods(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["charging_periods"].insert(0, one["charging_periods"][0] | {"start_date_time": one["end_date_time"]})


@caught_by("CDR-048")
def bills_what_it_likes(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["total_cost"] = {"excl_vat": 1234.5, "incl_vat": 1543.13}


@caught_by("TAR-029")
def forgets_the_tax(said: Said) -> None:
    for one in said.listed("cdrs"):
        one["total_cost"]["incl_vat"] = one["total_cost"]["excl_vat"]
