"""Messages about the end of a run: the epoch of its weights, the best epoch, loss and metric on the test split."""

from __future__ import annotations

import math

from engine.examples import Task
from engine.message import Message, Term
from engine.training.validation_monitor import ValidationMonitor


def lose_finite_loss(step: int, layer: Term | Message) -> Message:
    """The loss of a step is not finite; the layer's numbers were the first that were not."""
    return Message(
        "The loss is not finite at step {step}; the numbers of layer {layer} went first.", step=step, layer=layer
    )


def stop_early(monitor: ValidationMonitor, epoch: int) -> Message:
    """A rule of early stopping ended the run after an epoch."""
    return Message(
        "Stopped early after epoch {epoch}; the weights are those of epoch {best}, with a validation loss of {loss}.",
        epoch=epoch,
        best=monitor.best_epoch,
        loss=monitor.best,
    )


def restore_best(monitor: ValidationMonitor) -> Message:
    """The run trained to its end, and the weights of its best epoch were put back."""
    return Message(
        "The weights are those of epoch {best}, with a validation loss of {loss}; that of the last epoch was {last}.",
        best=monitor.best_epoch,
        loss=monitor.best,
        last=monitor.losses[-1],
    )


def stop_by_hand(monitor: ValidationMonitor, step: int) -> Message:
    """A person ended the run; nobody could mean another step's weights unless a best epoch is kept."""
    return add_best(Message("The weights are those of step {step}, where the run was stopped.", step=step), monitor)


def add_best(first: Message, monitor: ValidationMonitor) -> Message:
    """The message, and which epoch was the best, where its weights are kept but not put back."""
    if monitor.weights is None:
        return first
    return Message(
        "{first} The best epoch was epoch {best}, with a validation loss of {loss}.",
        first=first,
        best=monitor.best_epoch,
        loss=monitor.best,
    )


def add_test(first: Message, loss: float, metric: float, task: Task) -> Message:
    """The message, if there is one, and loss and metric on the test split."""
    split = measure_test(loss, metric, task)
    return Message("{first} {second}", first=first, second=split) if first else split


def measure_test(loss: float, metric: float, task: Task) -> Message:
    """Loss and metric on the test split."""
    if math.isnan(metric):
        return Message("On the test split the loss is {loss} and R² is not defined.", loss=loss)
    if task == "classification":
        return Message("On the test split the loss is {loss} and accuracy {metric}.", loss=loss, metric=metric)
    return Message("On the test split the loss is {loss} and R² {metric}.", loss=loss, metric=metric)
