"""`laddnav serve`: one process with everything, in the foreground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from laddnav.cli.opening import Data, Url
from laddnav.cli.typed import application

if TYPE_CHECKING:
    from laddnav.server.settings import Settings

app = application()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen (LADDNAV_HOST; else 127.0.0.1)")] = None,
    port: Annotated[int | None, typer.Option(help="LADDNAV_PORT; else 8480; 0 is any that is free")] = None,
    public_url: Annotated[
        str | None, typer.Option(help="How partners and stations reach us (LADDNAV_PUBLIC_URL)")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Tells processes of one installation apart (LADDNAV_NAME)")] = None,
    only: Annotated[str | None, typer.Option(help="A part of it: ocpi,ocpp,web,jobs (LADDNAV_ONLY)")] = None,
    allow_loopback_partners: Annotated[
        bool | None,
        typer.Option(
            "--allow-loopback-partners", help="Partners may live on this machine (LADDNAV_ALLOW_LOOPBACK_PARTNERS)"
        ),
    ] = None,
    partner_networks: Annotated[
        str | None,
        typer.Option(help="Private networks in which partners live, as 10.8.0.0/16 (LADDNAV_PARTNER_NETWORKS)"),
    ] = None,
    partner_rate: Annotated[
        float | None, typer.Option(min=0, help="Requests a second of one partner (LADDNAV_PARTNER_RATE; else 200)")
    ] = None,
    keep_commands: Annotated[
        int | None, typer.Option(min=1, help="Days that commands are kept once over (LADDNAV_KEEP_COMMANDS; else 30)")
    ] = None,
    keep_deliveries: Annotated[
        int | None,
        typer.Option(min=1, help="Days that deliveries are kept once made (LADDNAV_KEEP_DELIVERIES; else 30)"),
    ] = None,
    keep_hub_requests: Annotated[
        int | None, typer.Option(min=1, help="Days of a hub's log (LADDNAV_KEEP_HUB_REQUESTS; else 400)")
    ] = None,
    keep_messages: Annotated[
        int | None, typer.Option(min=1, help="Days of what stations said (LADDNAV_KEEP_MESSAGES; else 180)")
    ] = None,
    keep_security: Annotated[
        int | None, typer.Option(min=1, help="Days of what stations noticed (LADDNAV_KEEP_SECURITY; else 400)")
    ] = None,
    keep_readings: Annotated[
        int | None, typer.Option(min=1, help="Days of what meters said (LADDNAV_KEEP_READINGS; else 400)")
    ] = None,
    tile_url: Annotated[str | None, typer.Option(help="Of map tiles; else outlines only (LADDNAV_TILE_URL)")] = None,
    station_port: Annotated[
        int | None, typer.Option(help="For stations that come over TLS (LADDNAV_STATION_PORT; else none)")
    ] = None,
    station_certificates: Annotated[
        str | None,
        typer.Option(
            help="PEM files, each with its key, by commas; else the house makes its own (LADDNAV_STATION_CERTIFICATES)"
        ),
    ] = None,
    leave_within: Annotated[
        int | None,
        typer.Option(
            min=0, help="Seconds over which stations are sent away at the end (LADDNAV_LEAVE_WITHIN; else 30)"
        ),
    ] = None,
    share_port: Annotated[
        bool | None, typer.Option("--share-port", help="Other processes listen at it, too (LADDNAV_SHARE_PORT)")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error (LADDNAV_LOG_LEVEL)")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Two companies, ten stations and their cars; the partner is on the next port")
    ] = False,
    speed: Annotated[
        float | None, typer.Option(min=1, max=3600, help="How many times as fast as the wall the demo's clock runs")
    ] = None,
    data: Data = None,
    database: Url = None,
) -> None:
    """Serve pages, APIs, partners and stations until stopped; `ready URL` is said when pages answer."""
    import uvloop

    from laddnav.server import log, settings

    if demo:
        words = settings.said(data=data, host=host, port=port, log_level=log_level)
        log.configure(words.get("log_level", "info"))
        uvloop.run(_demonstrated(words, speed))
        return
    said = settings.read(
        data=data,
        database=database,
        host=host,
        port=port,
        public_url=public_url,
        name=name,
        only=only,
        allow_loopback_partners=allow_loopback_partners,
        partner_networks=partner_networks,
        partner_rate=partner_rate,
        keep_commands=keep_commands,
        keep_deliveries=keep_deliveries,
        keep_hub_requests=keep_hub_requests,
        keep_messages=keep_messages,
        keep_security=keep_security,
        keep_readings=keep_readings,
        tile_url=tile_url,
        station_port=station_port,
        station_certificates=station_certificates,
        leave_within=leave_within,
        share_port=share_port,
        log_level=log_level,
    )
    log.configure(said.log_level)
    uvloop.run(_served(said))


async def _demonstrated(words: dict[str, Any], speed: float | None) -> None:
    from laddnav.server.settings import DATA
    from laddnav.sim import demo

    def tell(told: demo.Told) -> None:
        for url, sign_in in told.sign_in.items():
            print(f"{url}: {sign_in}")
        print("ready", told.url, flush=True)

    data, host, port = words.get("data", DATA), words.get("host", "127.0.0.1"), words.get("port", 8480)
    await demo.run(data, host=host, port=port, speed=speed or demo.SPEED, tell=tell)


async def _served(settings: Settings) -> None:
    from laddnav.server.memory import load, settle

    load()
    from laddnav.server.http import serving

    async with serving(settings) as served:
        settle()
        if served.sign_in is not None:
            print(served.sign_in)
        print("ready", served.url, flush=True)
        await served.stopped()
