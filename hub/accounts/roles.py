"""The roles' names, for the rules and the schemas. What a role may do stands in `rules`."""

import enum


class Role(enum.StrEnum):
    """What somebody is to Voltdock."""

    RENTER = "renter"
    VEHICLE_OWNER = "vehicle_owner"
    STATION_STAFF = "station_staff"
    SERVICE_ADVISOR = "service_advisor"
    TECHNICIAN = "technician"
    PARTS_CLERK = "parts_clerk"
    FLEET_OPERATOR = "fleet_operator"
    DEVELOPER = "developer"
    SUBSIDY_APPLICANT = "subsidy_applicant"
    ANALYST = "analyst"
    FINANCE = "finance"
    SUPPORT = "support"
    KYC_REVIEWER = "kyc_reviewer"
    ADMIN = "admin"
    AUDITOR = "auditor"
