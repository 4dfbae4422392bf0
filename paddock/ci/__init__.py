"""Steps of a pipeline, the same in every CI system: what `paddock ci` does, and how it speaks there."""
