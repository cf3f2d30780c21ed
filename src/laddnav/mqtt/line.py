"""One line to a broker, kept up: what is to be known there is said until it is, and what is said there is passed on.

Everything that we say is retained and said anew when the broker comes back; nothing has to be kept for it meanwhile.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

import aiomqtt
import structlog

from laddnav.kit.refusal import Refusal, Trouble
from laddnav.mqtt import wire
from laddnav.mqtt.client import Client
from laddnav.mqtt.model import Broker
from laddnav.mqtt.rules import Address, address
from laddnav.mqtt.wire import OFFLINE, ONLINE

log = structlog.get_logger()

FIRST_WAIT = 1.0  # seconds, doubled after each attempt that failed
LONGEST_WAIT = 60.0
ALIVE = 30  # seconds after which the broker misses us, and says so to everybody
ANSWERS_WITHIN = 10.0  # seconds
SAID_AGAIN = 20.0  # seconds: who believes no old values hears them again
QUEUE_MAX = 1000  # messages that were heard and not looked at: more of them are passed over
QOS = 1

Hears = Callable[[str, bytes, bool], Awaitable[None]]  # (topic, payload, retained)
Stands = Callable[[bool, str | None], Awaitable[None]]  # (connected, why not)
Leads = Callable[[str], Awaitable[str]]  # host -> where it may be called. Raises Refusal


class Line:
    """`leads` is asked where the host is, unless the broker may stand in a private network."""

    def __init__(self, broker: Broker, password: str | None, *, hears: Hears, stands: Stands, leads: Leads) -> None:
        self.broker = broker
        self.connected = False
        self._password = password
        self._hears = hears
        self._stands = stands
        self._leads = leads
        self._topics: frozenset[str] = frozenset()
        self._wanted: dict[str, bytes] = {}
        self._said: dict[str, bytes] = {}
        self._woken = asyncio.Event()

    def tell(self, values: Mapping[str, bytes], topics: Collection[str]) -> None:
        """What is to be known there from now on, by topic, and what is to be heard; the rest is taken back."""
        if values != self._wanted or frozenset(topics) != self._topics:
            self._wanted, self._topics = dict(values), frozenset(topics)
            self._woken.set()

    async def run(self) -> None:
        """Until cancelled."""
        wait = FIRST_WAIT
        while True:
            try:
                await self._connected()
                wait = FIRST_WAIT
            except (aiomqtt.MqttError, Refusal, Trouble, OSError) as error:
                if self.connected:
                    wait = FIRST_WAIT
                await self._lost(str(error))
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _lost(self, why: str) -> None:
        self.connected = False
        log.info("broker_lost", broker=self.broker.ref, why=why[:200])
        await self._stands(False, why[:200] or "It hung up")

    async def _connected(self) -> None:
        where = await self._address()
        online = f"{self.broker.topics}/{ONLINE}"
        client = Client(
            where.host,
            where.port,
            username=self.broker.user,
            password=self._password,
            identifier=f"laddnav-{self.broker.ref}",
            will=aiomqtt.Will(online, OFFLINE, qos=QOS, retain=True),
            keepalive=ALIVE,
            timeout=ANSWERS_WITHIN,
            max_queued_incoming_messages=QUEUE_MAX,
            tls_context=ssl.create_default_context() if where.tls else None,
        )
        async with client:
            self._said = {}
            self.connected = True
            log.info("broker_connected", broker=self.broker.ref)
            await self._stands(True, None)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._listen(client))
                    tasks.create_task(self._speak(client, online))
            except* (aiomqtt.MqttError, OSError) as group:
                raise aiomqtt.MqttError(str(group.exceptions[0])) from group
            finally:
                with suppress(aiomqtt.MqttError):
                    await client.publish(online, OFFLINE, qos=QOS, retain=True, timeout=1)

    async def _address(self) -> Address:
        """An encrypted line is proved by its certificate; of any other, what the name stands for is called itself."""
        where = address(self.broker.url)
        if self.broker.inward:
            return where
        host = await self._leads(where.host)
        return where if where.tls else Address(host, where.port, tls=False)

    async def _listen(self, client: Client) -> None:
        async for message in client.messages:
            raw, topic = message.payload, str(message.topic)
            if topic == f"{self.broker.discovery}/status":
                if raw == ONLINE.encode():  # Home Assistant has begun anew
                    self._say_again()
                    self._woken.set()
            elif message.retain and self._stale(topic, raw):
                self._take_back(topic, raw)
            else:
                try:
                    await self._hears(topic, raw, message.retain)
                except (Refusal, Trouble) as trouble:
                    log.warning("message_not_carried_out", broker=self.broker.ref, why=str(trouble)[:200])

    def _stale(self, topic: str, raw: bytes) -> bool:
        """A charge point that was taken out while we were not here."""
        return bool(raw) and topic.endswith(f"/{ONLINE}") and bool(self._wanted) and topic not in self._wanted

    def _take_back(self, topic: str, raw: bytes) -> None:
        """As what we said in this life and do not want any more: who listens waits for no answer."""
        base = self.broker.topics
        for key in wire.keys_of([topic], base):
            device = f"{base.replace('/', '_')}_{key}"
            for each in (topic, wire.discovery_topic(self.broker, device)):
                self._said[each] = raw
        self._woken.set()

    def _say_again(self, below: str = "") -> None:
        """All that is wanted there; what is to be taken back stays known until it is."""
        again = {topic for topic in self._wanted if topic.startswith(below)}
        self._said = {topic: said for topic, said in self._said.items() if topic not in again}

    async def _speak(self, client: Client, online: str) -> None:
        base, loop = self.broker.topics, asyncio.get_running_loop()
        heard: frozenset[str] = frozenset()
        mine = (f"{base}/+/+/set", f"{base}/+/{ONLINE}", f"{self.broker.discovery}/status")
        again_at = loop.time() + SAID_AGAIN
        await client.publish(online, ONLINE, qos=QOS, retain=True)
        while True:
            self._woken.clear()
            wanted, topics = dict(self._wanted), self._topics | frozenset(mine)
            for topic in topics - heard:
                await client.subscribe(topic, qos=QOS)
            for topic in heard - topics:
                await client.unsubscribe(topic)
            heard = topics
            if loop.time() >= again_at:
                again_at = loop.time() + SAID_AGAIN
                self._say_again(f"{base}/")
            # What is taken back first, and devices before what they show.
            for topic in [one for one in self._said if one not in wanted]:
                await client.publish(topic, b"", qos=QOS, retain=True)
                self._said.pop(topic, None)
            for topic, value in wanted.items():
                if self._said.get(topic) != value:
                    await client.publish(topic, value, qos=QOS, retain=True)
                    self._said[topic] = value
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, again_at - loop.time())):
                    await self._woken.wait()
