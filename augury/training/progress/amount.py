"""How much a trial is, and what is left of it, counted in images."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Amount:
    """What a trial does with images, all stages together."""

    epochs: int
    trained: int
    """Images that an epoch trains on."""
    watched: int
    """That are looked at after every epoch."""
    last: int
    """That are looked at once, when all epochs are over."""
    batch_size: int
    views: int = 0
    """Of each image that is trained on, which go through a frozen part beside the image itself."""

    @property
    def different(self) -> int:
        """Images that are seen at all, and views of them: those that are trained on are looked at in the end, too."""
        return self.watched + self.last + self.views * self.trained

    @property
    def batches(self) -> int:
        """Of an epoch."""
        return -(-self.trained // self.batch_size)

    def trained_left(self, epoch: int, images: int) -> int:
        """Images that are still to be trained on after so many epochs, and so many images of the next one."""
        return max(0, (self.epochs - epoch) * self.trained - images)

    def looked_at_left(self, epoch: int) -> int:
        """Images that are still to be looked at after so many epochs."""
        return max(0, self.epochs - epoch) * self.watched + self.last


def forward_share(trained_weights: int, weights: int) -> float:
    """What looking at an image takes, as a share of what training on it takes.

    A step goes forward once; backward, it computes twice as much for what is trained, the gradients of outputs and of
    weights. What is trained is taken to be that share of the computation which it is of the weights.
    """
    return 1 / (1 + 2 * trained_weights / max(1, weights))
