"""What a paper does with a thing of each type."""

from __future__ import annotations

from typing import Final

from kg.model import EntityType, Role

__all__ = ["ROLES", "fit_role"]

ROLES: Final[dict[EntityType, Role]] = {
    "task": "addresses",
    "benchmark": "evaluatesOn",
    "dataset": "uses",
    "metric": "uses",
    "model": "uses",
    "method": "uses",
}
"""What it does where no word says otherwise."""

_ONLY: dict[Role, tuple[EntityType, ...]] = {
    "addresses": ("task",),
    "evaluatesOn": ("benchmark", "dataset"),
    "comparesWith": ("model", "method"),
}


def fit_role(type: EntityType, role: Role) -> Role:
    """The role, or what a paper does with the type where nothing of the type can play that role."""
    return ROLES[type] if type not in _ONLY.get(role, (type,)) else role
