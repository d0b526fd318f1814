"""RAPI-TENANT: tenant isolation."""

from __future__ import annotations

import uuid

from lambda_image.conformance.case import case
from lambda_image.conformance.cases.parity_logs import JSON_FORMAT, record_with
from lambda_image.conformance.finding import expect, expect_equal
from lambda_image.conformance.lab import Lab

HEADER = "Lambda-Runtime-Aws-Tenant-Id"
UNUSUAL = (
    "a tenant with  inner spaces",
    "._:/=+-@",
    "arn:aws:x/y=z+1-2@example.com",
    "0",
    "t" * 256,
)


@case("RAPI-TENANT-001", handlers=("context",))
def the_tenant_is_on_the_context(lab: Lab) -> None:
    """An event with a tenant id."""
    with lab.shared("context") as running:
        got = running.call_object({}, tenant_id="blue")
        expect_equal(got.get("tenant_id"), "blue", sent=f"{HEADER}: blue", what="the tenant id")


@case("RAPI-TENANT-002", handlers=("context",))
def without_the_header_there_is_no_tenant(lab: Lab) -> None:
    """An event with a tenant id, one without, one with an empty one."""
    with lab.shared("context") as running:
        for given in ("blue", None, "green", ""):
            got = running.call_object({}, tenant_id=given).get("tenant_id")
            sent = f"{HEADER}: {given}" if given is not None else f"no {HEADER}, after an event that had one"
            if given:
                expect_equal(got, given, sent=sent, what="the tenant id")
            else:
                expect(got in (None, ""), sent=sent, expected="no tenant id on the context", got=got)


@case("RAPI-TENANT-003", handlers=("context",))
def the_tenant_arrives_verbatim(lab: Lab) -> None:
    """Tenant ids with inner spaces, every mark that is allowed, one character and 256 of them."""
    with lab.shared("context") as running:
        for given in UNUSUAL:
            got = running.call_object({}, tenant_id=given).get("tenant_id")
            expect_equal(got, given, sent=f"{HEADER}: {given}", what="the tenant id")


@case("RAPI-TENANT-004", handlers=("log",))
def log_lines_carry_the_tenant(lab: Lab) -> None:
    """JSON records at init, in an event with a tenant, and in one without."""
    member = lab.handlers.facts.logger.tenant_id
    at_init = f"at init {uuid.uuid4()}"
    environment = {**JSON_FORMAT, "CONFORMANCE_INIT_RECORD": at_init}
    with lab.fresh("log", environment=environment) as running:
        for tenant in ("blue", None):
            message = f"message {uuid.uuid4()}"
            running.call({"records": [{"level": "error", "message": message}]}, tenant_id=tenant)
            record = record_with(running, message, sent=f"{HEADER}: {tenant}")
            sent = f"a record logged with {HEADER}: {tenant}" if tenant else "a record logged without a tenant"
            expect(
                (record.get(member) or None) == tenant,
                sent=sent,
                expected=f"{member}: {tenant}" if tenant else f"no {member}",
                got=record,
            )
        record = record_with(running, at_init, sent="a record logged by top-level code")
        expect(not record.get(member), sent="a record logged by top-level code", expected=f"no {member}", got=record)
