"""The Keras networks, of fewer than 500,000 parameters together.

One on glyphs, 289k, with two heads and an embedding; one on trajectories, 132k; one on strips, 78k.

TensorFlow is imported where it is used only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.decoding.ctc import BLANK
from ml.ink.line_image import LINE_HEIGHT
from ml.ink.trajectory import CHANNELS, POINTS
from ml.labels import UNCLEAR, UNFINISHED

DIGIT_COUNT = 10
EMBEDDING_SIZE = 64
OUTPUT_SIZE = DIGIT_COUNT + 1 + EMBEDDING_SIZE  # columns: ten digit logits, one digit-ness logit, the embedding
# Filters and stride of each 3x3 convolution without padding: 28-26-24-12-10-8-4-2 pixels.
_CONVOLUTIONS = ((32, 1), (32, 1), (48, 2), (64, 1), (64, 1), (96, 2), (128, 1))
# Filters and stride of each convolution over five points: 48-48-24-24-12-12 points.
_ALONG = ((32, 1), (48, 2), (64, 1), (64, 2), (96, 1))
_HIDDEN = 48
# Filters, kernel and stride of each convolution of a strip: 32-16-16-8-8-4-1 pixels high, then along it.
_STRIP = (
    (16, (3, 3), (2, 2)), (24, (3, 3), 1), (32, (3, 3), (2, 2)), (48, (3, 3), 1), (48, (3, 3), (2, 1)),
    (60, (4, 1), (4, 1)), (40, (1, 5), 1), (40, (1, 5), 1),
)  # fmt: skip
_FLAT = 5  # the one after which a strip is one pixel high
# Each layer with a kernel and the normalisation after it.
_NORMALISED = (
    *((f"conv{i}", f"norm{i}") for i in range(len(_CONVOLUTIONS))),
    ("embed", "embedding"),
    *((f"along{i}", f"along_norm{i}") for i in range(len(_ALONG))),
    *((f"strip{i}", f"strip_norm{i}") for i in range(len(_STRIP))),
)
_EPSILON = 1e-3  # Keras adds it to the variance when it normalises
_PADDED = (2, 5)  # those that halve the picture keep its edge


def build_glyph_network(seed: int = 0, dropout: float = 0.3) -> Any:
    """A functional model from float32 (n, 28, 28, 1) in 0..1 to (n, OUTPUTS)."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    glyph = x = keras.Input((28, 28, 1), name="glyph")
    for i, (filters, stride) in enumerate(_CONVOLUTIONS):
        padding = "same" if i in _PADDED else "valid"
        x = layers.Conv2D(filters, 3, stride, padding, use_bias=False, name=f"conv{i}")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"norm{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    x = layers.Dropout(dropout, seed=seed, name="dropout")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(EMBEDDING_SIZE, use_bias=False, name="embed")(x)
    embedding = layers.BatchNormalization(momentum=0.95, name="embedding")(x)
    features = layers.ReLU(name="features")(embedding)
    digits = layers.Dense(DIGIT_COUNT, name="digits")(features)
    digitness = layers.Dense(1, name="digitness")(features)
    outputs = layers.Concatenate(name="outputs")([digits, digitness, embedding])
    return keras.Model(glyph, outputs, name="reader")


def build_trajectory_network(seed: int = 0, dropout: float = 0.3) -> Any:
    """A functional model from float32 (n, 48, 5) (see `ml.ink.trajectory`) to (n, 11): ten digits and digit-ness."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    way = keras.Input((POINTS, CHANNELS), name="trajectory")
    # A picture one pixel high: LiteRT takes the normalisation into the kernel of these, not of 1-d convolutions.
    x = layers.Reshape((1, POINTS, CHANNELS), name="row")(way)
    for i, (filters, stride) in enumerate(_ALONG):
        x = layers.Conv2D(filters, (1, 5), (1, stride), "same", use_bias=False, name=f"along{i}")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"along_norm{i}")(x)
        x = layers.ReLU(name=f"along_relu{i}")(x)
    x = layers.Dropout(dropout, seed=seed, name="dropout")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(_HIDDEN, activation="relu", name="hidden")(x)
    digits, digitness = layers.Dense(DIGIT_COUNT, name="digits")(x), layers.Dense(1, name="digitness")(x)
    return keras.Model(way, layers.Concatenate(name="outputs")([digits, digitness]), name="trajectory_reader")


def build_line_network(seed: int = 0, dropout: float = 0.2) -> Any:
    """A functional model from float32 (n, 32, w, 1) in 0..1 to logits (n, 1, w / 4, 11) of the steps along it."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    strip = x = keras.Input((LINE_HEIGHT, None, 1), name="strip")
    for i, (filters, kernel, stride) in enumerate(_STRIP):
        x = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, name=f"strip{i}")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"strip_norm{i}")(x)
        x = layers.ReLU(name=f"strip_relu{i}")(x)
        if i in (_FLAT, len(_STRIP) - 1):
            x = layers.Dropout(dropout, seed=seed, name=f"strip_dropout{i}")(x)
    return keras.Model(strip, layers.Conv2D(BLANK + 1, 1, name="steps")(x), name="strip_reader")


def line_loss(texts: Any, output: Any) -> Any:
    """That of ml/decoding/ctc.py, mean over the batch; texts (n, m) are -1 after their last digit."""
    import tensorflow as tf

    steps = tf.squeeze(output, 1)
    count, most = tf.shape(steps)[0], tf.shape(steps)[1]
    digits = tf.cast(tf.maximum(texts, 0), tf.int32)
    lengths = tf.reduce_sum(tf.cast(texts >= 0, tf.int32), axis=1)
    losses = tf.nn.ctc_loss(
        digits, steps, lengths, tf.fill([count], most), logits_time_major=False, blank_index=BLANK
    )
    return tf.reduce_mean(losses)


def as_inputs(batch: NDArray[Any]) -> NDArray[np.float32]:
    """Grey levels (n, h, w) as (n, h, w, 1) in 0..1; trajectories as they are."""
    return batch if batch.dtype == np.float32 else batch[..., None] * np.float32(1 / 255)


def glyph_loss(label: Any, output: Any) -> Any:
    """Cross-entropy of the digits, plus digit-ness, plus "no opinion" for junk: mean over the batch.

    Junk is drawn towards equal probabilities (outlier exposure, Hendrycks et al. 2019, weight 0.5 as there). What
    is unclear is drawn a little to the middle of digit-ness: taught as junk it would cost real 0s and 1s. So is a
    digit that is not finished; which it will be is taught with less weight than whole ones.
    """
    import tensorflow as tf

    label = tf.cast(tf.reshape(label, (-1,)), tf.int32)
    is_digit, begun = tf.cast(label < DIGIT_COUNT, tf.float32), tf.cast(label >= UNFINISHED, tf.float32)
    unclear = tf.cast(label == UNCLEAR, tf.float32) + begun
    log_p = tf.nn.log_softmax(output[:, :DIGIT_COUNT])
    known = -tf.reduce_sum(tf.one_hot(label % UNFINISHED, DIGIT_COUNT) * log_p, axis=1)  # all zeros for junk
    known *= 1.0 - 0.7 * begun
    flat = -tf.reduce_mean(log_p, axis=1) - float(np.log(DIGIT_COUNT))
    digitness = tf.nn.sigmoid_cross_entropy_with_logits(is_digit + 0.5 * unclear, output[:, DIGIT_COUNT])
    digitness *= 1.0 - 0.8 * unclear
    return tf.reduce_mean(known + digitness + 0.5 * (1.0 - is_digit - unclear) * flat)


def get_weights(model: Any) -> dict[str, NDArray[Any]]:
    """All variables by path; kernels in half precision, which is what the artifact has room for.

    LiteRT multiplies each kernel with the normalisation that follows it and keeps the product in half precision.
    That product is kept here, and offsets are rounded so that theirs fits too: both run the same numbers.
    """
    values = {variable.path: variable.numpy() for variable in model.variables if "seed" not in variable.path}
    scales = _scales(values)
    kept = {}
    for path, value in values.items():
        if value.ndim > 1:
            kept[path] = (value * scales.get(path, np.float32(1))).astype(np.float16)
        elif path.endswith("/bias"):
            kept[path] = value.astype(np.float16).astype(np.float32)
        else:
            kept[path] = value
    for layer, norm in _normalised(values):
        moved = values[f"{norm}/moving_mean"] * scales[f"{layer}/kernel"]
        kept[f"{norm}/beta"] = (values[f"{norm}/beta"] - moved).astype(np.float16).astype(np.float32) + moved
    return kept


def set_weights(model: Any, weights: Mapping[str, NDArray[Any]]) -> None:
    """Put back what `get_weights` took. Raises ValueError when names or shapes do not fit the network."""
    variables = {variable.path: variable for variable in model.variables if "seed" not in variable.path}
    if variables.keys() != weights.keys():
        raise ValueError("The weights are those of another network.")
    scales = _scales(weights)
    for path, variable in variables.items():
        if tuple(variable.shape) != weights[path].shape:
            raise ValueError(f"The weights {path!r} have another shape.")
        variable.assign(weights[path].astype(np.float32) / scales.get(path, np.float32(1)))


def _scales(values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """What the normalisation after each kernel multiplies its filters by; a dead filter counts as 1."""
    found = {}
    for layer, norm in _normalised(values):
        scale = values[f"{norm}/gamma"] / np.sqrt(values[f"{norm}/moving_variance"] + _EPSILON)
        found[f"{layer}/kernel"] = np.where(np.abs(scale) < 1e-6, 1, scale).astype(np.float32)
    return found


def _normalised(values: Mapping[str, NDArray[Any]]) -> list[tuple[str, str]]:
    return [(layer, norm) for layer, norm in _NORMALISED if f"{layer}/kernel" in values]


def to_tflite(model: Any) -> bytes:
    """The network for LiteRT: weights in half precision, sums in single; any batch size."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
