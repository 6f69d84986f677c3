"""Steps of the upload in their order, and the way through them; no toolkit."""

from dxclient.workflow.steps import OrderedSteps, order_steps
from dxclient.workflow.wizard import Wizard

__all__ = ["OrderedSteps", "Wizard", "order_steps"]
