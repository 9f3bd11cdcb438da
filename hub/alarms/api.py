"""`/api/v1/alarms`, `/api/v1/alarm-rules`."""

from hub.alarms import repository
from hub.alarms.catalogue import RULES
from hub.alarms.schemas import (
    Acknowledgement,
    AlarmQuery,
    AlarmShape,
    Mute,
    RuleShape,
    RulesShape,
    SettingShape,
)
from hub.alarms.service import Alarms
from hub.kernel.pages import Page
from hub.kernel.routes import Call, route
from protocols.errors import Refused

_ERRORS = {"not_found": 404, "alarm_cleared": 409}


class AlarmsApi:
    """What should not be so."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    @route(
        "GET", "/api/v1/alarms", summary="List alarms", tags=["alarms"],
        permission="alarms:read", query=AlarmQuery, response=Page[AlarmShape],
    )  # fmt: skip
    async def list_alarms(self, call: Call[None, AlarmQuery]) -> Page[AlarmShape]:
        """Newest first; what was cleared stays for a year and more."""
        given = call.query.model_dump(exclude={"limit", "cursor"})
        found = await repository.alarms(call.session, call.query, call.clock.now(), given)
        return found.as_page(AlarmShape.model_validate)

    @route(
        "GET", "/api/v1/alarms/{alarm_id}", summary="An alarm", tags=["alarms"],
        permission="alarms:read", response=AlarmShape, errors={"not_found": 404},
    )  # fmt: skip
    async def one_alarm(self, call: Call[None, None]) -> AlarmShape:
        """With its history."""
        return await self._shown(call)

    @route(
        "POST", "/api/v1/alarms/{alarm_id}/acknowledge", summary="Acknowledge an alarm", tags=["alarms"],
        permission="alarms:write", body=Acknowledgement, response=AlarmShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def acknowledge(self, call: Call[Acknowledgement, None]) -> AlarmShape:
        """Somebody has seen it; others see who, when, and his note. It stays so while the alarm comes and goes."""
        await self._alarms.acknowledge(call.session, call.id("alarm_id"), call.principal.account_id, call.body.note)
        return await self._shown(call)

    @route(
        "POST", "/api/v1/alarms/{alarm_id}/mute", summary="Mute an alarm", tags=["alarms"],
        permission="alarms:write", body=Mute, response=AlarmShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def mute(self, call: Call[Mute, None]) -> AlarmShape:
        """Nobody is told of it until then (90 days at most); it is shown all the same."""
        body = call.body
        await self._alarms.mute(call.session, call.id("alarm_id"), call.principal.account_id, body.until, body.why)
        return await self._shown(call)

    @route(
        "POST", "/api/v1/alarms/{alarm_id}/unmute", summary="Unmute an alarm", tags=["alarms"],
        permission="alarms:write", response=AlarmShape, errors=_ERRORS, idempotent=True,
    )  # fmt: skip
    async def unmute(self, call: Call[None, None]) -> AlarmShape:
        """People are told of it again."""
        await self._alarms.unmute(call.session, call.id("alarm_id"), call.principal.account_id)
        return await self._shown(call)

    @route(
        "GET", "/api/v1/alarm-rules", summary="The rules of alarms", tags=["alarms"],
        permission="alarms:read", response=RulesShape,
    )  # fmt: skip
    async def list_rules(self, call: Call[None, None]) -> RulesShape:
        """Each rule as it comes, and what was set otherwise."""
        return await _rules(call)

    @route(
        "PUT", "/api/v1/alarm-rules/{rule}", summary="Set a rule of alarms", tags=["alarms"],
        permission="alarms:set", body=SettingShape, response=RulesShape, errors={"not_found": 404},
    )  # fmt: skip
    async def set_rule(self, call: Call[SettingShape, None]) -> RulesShape:
        """Replaces what was set for this station, organisation, or everybody; all null forgets it."""
        await self._alarms.set_rule(call.session, call.text("rule"), call.body)
        return await _rules(call)

    async def _shown(self, call: Call[None, None] | Call[Acknowledgement, None] | Call[Mute, None]) -> AlarmShape:
        found = await repository.alarm(call.session, call.id("alarm_id"))
        if found is None:
            raise Refused("not_found")
        return AlarmShape.model_validate(found)


async def _rules(call: Call[None, None] | Call[SettingShape, None]) -> RulesShape:
    settings = await repository.settings(call.session)
    return RulesShape(
        items=[
            RuleShape(
                rule=name,
                enabled=rule.enabled,
                severity=rule.severity,
                after_s=rule.after_s,
                clear_s=rule.clear_s,
                settings=[
                    SettingShape.model_validate(one, from_attributes=True, extra="ignore")
                    for one in settings
                    if one.rule == name
                ],
            )
            for name, rule in RULES.items()
        ]
    )
