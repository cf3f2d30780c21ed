"""The operator API, room by room, in the order in which it is described."""

from __future__ import annotations

from collections.abc import Sequence

import laddnav.analytics.routes
import laddnav.billing.open_routes
import laddnav.billing.routes
import laddnav.billing.wallet_routes
import laddnav.bookings.routes
import laddnav.cdrs.routes
import laddnav.customers.home_routes
import laddnav.customers.plan_routes
import laddnav.customers.routes
import laddnav.fleets.routes
import laddnav.ledger.routes
import laddnav.locations.maintenance_routes
import laddnav.locations.routes
import laddnav.mail.routes
import laddnav.market.routes
import laddnav.meters.routes
import laddnav.mqtt.routes
import laddnav.ocpi.hub.operate
import laddnav.ocpi.operate.bookings
import laddnav.ocpi.operate.commands
import laddnav.ocpi.operate.drivers
import laddnav.ocpi.operate.limits
import laddnav.ocpi.operate.outbox
import laddnav.ocpi.operate.partners
import laddnav.ocpi.operate.preferences
import laddnav.ocpi.operate.registration
import laddnav.ocpi.operate.terminals
import laddnav.ocpp.attention_routes
import laddnav.ocpp.cures.routes
import laddnav.ocpp.der_routes
import laddnav.ocpp.display_routes
import laddnav.ocpp.monitoring_routes
import laddnav.ocpp.provisioning_routes
import laddnav.ocpp.reports_routes
import laddnav.ocpp.routes
import laddnav.ocpp.security.routes
import laddnav.ocpp.steering_routes
import laddnav.ocpp.tariff_routes
import laddnav.ocpp.tasks.routes
import laddnav.ocpp.variables_routes
import laddnav.openadr.routes
import laddnav.parties.routes
import laddnav.payments.paying_routes
import laddnav.payments.routes
import laddnav.payments.short_routes
import laddnav.readings.routes
import laddnav.reconciliation.routes
import laddnav.reservations.routes
import laddnav.server.routes
import laddnav.server.tariffs
import laddnav.sessions.routes
import laddnav.settlement.host_routes
import laddnav.settlement.routes
import laddnav.sites.routes
import laddnav.takeover.routes
import laddnav.tariffs.routes
import laddnav.tokens.routes
from laddnav.people.api import Route

ROUTES: Sequence[Route] = (
    *laddnav.parties.routes.ROUTES,
    *laddnav.locations.routes.ROUTES,
    *laddnav.ocpp.provisioning_routes.ROUTES,
    *laddnav.locations.maintenance_routes.ROUTES,
    *laddnav.takeover.routes.ROUTES,
    *laddnav.tokens.routes.ROUTES,
    *laddnav.tariffs.routes.ROUTES,
    *laddnav.market.routes.ROUTES,
    *laddnav.server.tariffs.ROUTES,
    *laddnav.readings.routes.ROUTES,
    *laddnav.sessions.routes.ROUTES,
    *laddnav.meters.routes.ROUTES,
    *laddnav.reservations.routes.ROUTES,
    *laddnav.bookings.routes.ROUTES,
    *laddnav.sites.routes.ROUTES,
    *laddnav.ocpi.operate.bookings.ROUTES,
    *laddnav.customers.routes.ROUTES,
    *laddnav.customers.plan_routes.ROUTES,
    *laddnav.customers.home_routes.ROUTES,
    *laddnav.cdrs.routes.ROUTES,
    *laddnav.fleets.routes.ROUTES,
    *laddnav.payments.paying_routes.ROUTES,
    *laddnav.payments.short_routes.ROUTES,
    *laddnav.payments.routes.ROUTES,
    *laddnav.billing.routes.ROUTES,
    *laddnav.billing.open_routes.ROUTES,
    *laddnav.billing.wallet_routes.ROUTES,
    *laddnav.ledger.routes.ROUTES,
    *laddnav.mail.routes.ROUTES,
    *laddnav.reconciliation.routes.ROUTES,
    *laddnav.settlement.routes.ROUTES,
    *laddnav.settlement.host_routes.ROUTES,
    *laddnav.analytics.routes.ROUTES,
    *laddnav.ocpi.operate.drivers.ROUTES,
    *laddnav.ocpi.operate.commands.ROUTES,
    *laddnav.ocpi.operate.limits.ROUTES,
    *laddnav.ocpi.operate.preferences.ROUTES,
    *laddnav.ocpi.operate.registration.ROUTES,
    *laddnav.ocpi.operate.partners.ROUTES,
    *laddnav.ocpi.operate.outbox.ROUTES,
    *laddnav.ocpi.hub.operate.ROUTES,
    *laddnav.ocpi.operate.terminals.ROUTES,
    *laddnav.ocpp.routes.ROUTES,
    *laddnav.ocpp.display_routes.ROUTES,
    *laddnav.ocpp.monitoring_routes.ROUTES,
    *laddnav.ocpp.steering_routes.ROUTES,
    *laddnav.ocpp.der_routes.ROUTES,
    *laddnav.ocpp.tariff_routes.ROUTES,
    *laddnav.ocpp.security.routes.ROUTES,
    *laddnav.ocpp.reports_routes.ROUTES,
    *laddnav.ocpp.variables_routes.ROUTES,
    *laddnav.ocpp.attention_routes.ROUTES,
    *laddnav.ocpp.cures.routes.ROUTES,
    *laddnav.ocpp.tasks.routes.ROUTES,
    *laddnav.mqtt.routes.ROUTES,
    *laddnav.openadr.routes.ROUTES,
    *laddnav.server.routes.ROUTES,
)
