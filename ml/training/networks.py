"""The Keras networks of the reader, their losses, and their weights in the form that the artifact keeps.

The glyph network has 289,000 parameters, the trajectory network 132,000, the line network 78,000: fewer than
500,000 together. The names of layers are stored in artifacts and must not change. TensorFlow is imported only
inside functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.decoding.ctc import BLANK
from ml.ink.line_image import LINE_HEIGHT
from ml.ink.trajectory import CHANNELS, POINTS
from ml.labels import UNCLEAR, UNFINISHED

DIGIT_COUNT = 10
EMBEDDING_SIZE = 64
OUTPUT_SIZE = DIGIT_COUNT + 1 + EMBEDDING_SIZE  # ten label logits, the digit logit, the embedding
_HIDDEN_SIZE = 48  # of the trajectory network


class _Convolution(NamedTuple):
    filters: int
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: str = "same"


# Sides of the maps: 28-26-24-12-10-8-4-2 pixels. The convolutions that halve them keep the edge.
_GLYPH_LAYERS = (
    _Convolution(32, padding="valid"),
    _Convolution(32, padding="valid"),
    _Convolution(48, stride=(2, 2)),
    _Convolution(64, padding="valid"),
    _Convolution(64, padding="valid"),
    _Convolution(96, stride=(2, 2)),
    _Convolution(128, padding="valid"),
)
# Lengths of the maps: 48-48-24-24-12-12 points.
_TRAJECTORY_LAYERS = (
    _Convolution(32, (1, 5)),
    _Convolution(48, (1, 5), (1, 2)),
    _Convolution(64, (1, 5)),
    _Convolution(64, (1, 5), (1, 2)),
    _Convolution(96, (1, 5)),
)
# Heights of the maps: 32-16-16-8-8-4-1 pixels, then 1.
_LINE_LAYERS = (
    _Convolution(16, stride=(2, 2)),
    _Convolution(24),
    _Convolution(32, stride=(2, 2)),
    _Convolution(48),
    _Convolution(48, stride=(2, 1)),
    _Convolution(60, (4, 1), (4, 1)),
    _Convolution(40, (1, 5)),
    _Convolution(40, (1, 5)),
)
_LINE_DROPOUTS = (5, 7)  # the layers before a dropout: the first of height 1, and the last
# Each layer with a kernel and the batch normalisation after it.
_NORMALISED_LAYERS = (
    *((f"conv{i}", f"norm{i}") for i in range(len(_GLYPH_LAYERS))),
    ("embed", "embedding"),
    *((f"along{i}", f"along_norm{i}") for i in range(len(_TRAJECTORY_LAYERS))),
    *((f"strip{i}", f"strip_norm{i}") for i in range(len(_LINE_LAYERS))),
)
_MOMENTUM = 0.95  # of the batch statistics
_EPSILON = 1e-3  # Keras adds it to the variance when it normalises


def build_glyph_network(seed: int = 0, dropout: float = 0.3) -> Any:
    """A functional Keras model from float32 (n, 28, 28, 1) in 0..1 to (n, OUTPUT_SIZE).

    The outputs are the ten label logits, the digit logit (of the probability to be a digit at all) and the
    embedding.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    glyph = x = keras.Input((28, 28, 1), name="glyph")
    for i, convolution in enumerate(_GLYPH_LAYERS):
        x = _convolve(x, convolution, f"conv{i}", f"norm{i}", f"relu{i}")
    x = layers.Dropout(dropout, seed=seed, name="dropout")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(EMBEDDING_SIZE, use_bias=False, name="embed")(x)
    embedding = layers.BatchNormalization(momentum=_MOMENTUM, name="embedding")(x)
    features = layers.ReLU(name="features")(embedding)
    label_logits = layers.Dense(DIGIT_COUNT, name="digits")(features)
    digit_logit = layers.Dense(1, name="digitness")(features)
    outputs = layers.Concatenate(name="outputs")([label_logits, digit_logit, embedding])
    return keras.Model(glyph, outputs, name="reader")


def build_trajectory_network(seed: int = 0, dropout: float = 0.3) -> Any:
    """A functional Keras model from float32 (n, 48, 5) to (n, 11): ten label logits and the digit logit.

    `ml.ink.trajectory` describes its input.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    trajectory = keras.Input((POINTS, CHANNELS), name="trajectory")
    # As an image of one row: LiteRT fuses the normalisation into 2-d convolutions, not into 1-d ones.
    x = layers.Reshape((1, POINTS, CHANNELS), name="row")(trajectory)
    for i, convolution in enumerate(_TRAJECTORY_LAYERS):
        x = _convolve(x, convolution, f"along{i}", f"along_norm{i}", f"along_relu{i}")
    x = layers.Dropout(dropout, seed=seed, name="dropout")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(_HIDDEN_SIZE, activation="relu", name="hidden")(x)
    label_logits = layers.Dense(DIGIT_COUNT, name="digits")(x)
    digit_logit = layers.Dense(1, name="digitness")(x)
    outputs = layers.Concatenate(name="outputs")([label_logits, digit_logit])
    return keras.Model(trajectory, outputs, name="trajectory_reader")


def build_line_network(seed: int = 0, dropout: float = 0.2) -> Any:
    """A functional Keras model from float32 (n, 32, w, 1) in 0..1 to logits (n, 1, w / 4, 11).

    The logits are those of ten digits and a blank for each step along the line image.
    """
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    line_image = x = keras.Input((LINE_HEIGHT, None, 1), name="strip")
    for i, convolution in enumerate(_LINE_LAYERS):
        x = _convolve(x, convolution, f"strip{i}", f"strip_norm{i}", f"strip_relu{i}")
        if i in _LINE_DROPOUTS:
            x = layers.Dropout(dropout, seed=seed, name=f"strip_dropout{i}")(x)
    return keras.Model(line_image, layers.Conv2D(BLANK + 1, 1, name="steps")(x), name="strip_reader")


def _convolve(x: Any, convolution: _Convolution, name: str, norm_name: str, relu_name: str) -> Any:
    """Apply a convolution without bias, a batch normalisation and a ReLU, with the given layer names."""
    from keras import layers

    from ml.training.fused_normalisation import FusedNormalisation

    filters, kernel, stride, padding = convolution
    x = layers.Conv2D(filters, kernel, stride, padding, use_bias=False, name=name)(x)
    x = FusedNormalisation(momentum=_MOMENTUM, name=norm_name)(x)
    return layers.ReLU(name=relu_name)(x)


def as_inputs(batch: NDArray[Any]) -> NDArray[np.float32]:
    """Inputs of a network: grey levels (n, h, w) as (n, h, w, 1) in 0..1; trajectories, float32, as they are."""
    return batch if batch.dtype == np.float32 else batch[..., None] * np.float32(1 / 255)


def line_loss(texts: Any, output: Any) -> Any:
    """The CTC loss (nats) of the line network's outputs (n, 1, steps, 11), mean over the batch.

    `texts` (n, m) hold the digits of each line, and -1 after the last one. `ml.decoding.ctc` computes the same.
    """
    import tensorflow as tf

    logits = tf.squeeze(output, 1)
    count, steps = tf.shape(logits)[0], tf.shape(logits)[1]
    # Sparse labels take a kernel of their own; dense ones a loop over the steps, which costs seven times as much.
    # The kernel refuses lines without a text: it gets a digit for these, and their loss is that of blanks only.
    empty = tf.reduce_all(texts < 0, axis=1)
    places = tf.where((texts >= 0) | (empty[:, None] & (tf.range(tf.shape(texts)[1]) == 0)))
    digits = tf.cast(tf.maximum(tf.gather_nd(texts, places), 0), tf.int32)
    labels = tf.SparseTensor(places, digits, tf.shape(texts, out_type=tf.int64))
    lengths = tf.fill([count], steps)
    losses = tf.nn.ctc_loss(labels, logits, None, lengths, logits_time_major=False, blank_index=BLANK)
    blank_losses = -tf.reduce_sum(tf.nn.log_softmax(logits)[..., BLANK], axis=1)
    losses = tf.where(empty, blank_losses, losses)
    return tf.reduce_mean(losses)


def glyph_loss(label: Any, output: Any) -> Any:
    """The loss (nats) of outputs (n, 11 or more) of the glyph or trajectory network, mean over the batch.

    It is the sum of three losses:

    - the cross-entropy of the label. Unfinished digits count 0.3: which digit one will be is less certain.
    - the cross-entropy of the digit logit. Unclear ink and unfinished digits have the target 0.5 and count 0.2: as
      negatives they would cost real 0s and 1s.
    - for negatives, the cross-entropy of equal probabilities of all labels (outlier exposure, Hendrycks et al.
      2019, with the weight 0.5 as there).
    """
    import tensorflow as tf

    label = tf.cast(tf.reshape(label, (-1,)), tf.int32)
    is_digit, unfinished = tf.cast(label < DIGIT_COUNT, tf.float32), tf.cast(label >= UNFINISHED, tf.float32)
    undecided = tf.cast(label == UNCLEAR, tf.float32) + unfinished
    log_probabilities = tf.nn.log_softmax(output[:, :DIGIT_COUNT])
    one_hot = tf.one_hot(label % UNFINISHED, DIGIT_COUNT)  # all zeros for negatives and unclear ink
    label_loss = -tf.reduce_sum(one_hot * log_probabilities, axis=1)
    label_loss *= 1.0 - 0.7 * unfinished
    uniform_loss = -tf.reduce_mean(log_probabilities, axis=1) - float(np.log(DIGIT_COUNT))  # 0 at its least
    digit_loss = tf.nn.sigmoid_cross_entropy_with_logits(is_digit + 0.5 * undecided, output[:, DIGIT_COUNT])
    digit_loss *= 1.0 - 0.8 * undecided
    return tf.reduce_mean(label_loss + digit_loss + 0.5 * (1.0 - is_digit - undecided) * uniform_loss)


def get_weights(model: Any) -> dict[str, NDArray[Any]]:
    """All variables by path; kernels in half precision, as the artifact keeps them.

    LiteRT multiplies each kernel with the normalisation after it and keeps the product in half precision. The
    product is what this returns, and offsets are rounded so that LiteRT's fit into half precision as well: then
    LiteRT and Keras run the same numbers.
    """
    values = {variable.path: variable.numpy() for variable in model.variables if "seed" not in variable.path}
    scales = _kernel_scales(values)
    weights = {}
    for path, value in values.items():
        if value.ndim > 1:
            weights[path] = (value * scales.get(path, np.float32(1))).astype(np.float16)
        elif path.endswith("/bias"):
            weights[path] = value.astype(np.float16).astype(np.float32)
        else:
            weights[path] = value
    for layer, norm in _normalised_layers(values):
        mean = values[f"{norm}/moving_mean"] * scales[f"{layer}/kernel"]
        weights[f"{norm}/beta"] = (values[f"{norm}/beta"] - mean).astype(np.float16).astype(np.float32) + mean
    return weights


def set_weights(model: Any, weights: Mapping[str, NDArray[Any]]) -> None:
    """Set the weights that `get_weights` returned.

    Raises ValueError when names or shapes do not fit the network.
    """
    variables = {variable.path: variable for variable in model.variables if "seed" not in variable.path}
    if variables.keys() != weights.keys():
        raise ValueError("The weights are those of another network.")
    scales = _kernel_scales(weights)
    for path, variable in variables.items():
        if tuple(variable.shape) != weights[path].shape:
            raise ValueError(f"The weights {path!r} have another shape.")
        variable.assign(weights[path].astype(np.float32) / scales.get(path, np.float32(1)))


def _kernel_scales(values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """The factors (filters,) by which the normalisation after a kernel scales it; 1 for a dead filter."""
    scales = {}
    for layer, norm in _normalised_layers(values):
        scale = values[f"{norm}/gamma"] / np.sqrt(values[f"{norm}/moving_variance"] + _EPSILON)
        scales[f"{layer}/kernel"] = np.where(np.abs(scale) < 1e-6, 1, scale).astype(np.float32)
    return scales


def _normalised_layers(values: Mapping[str, NDArray[Any]]) -> list[tuple[str, str]]:
    """The pairs of layer and normalisation of the network that has these variables."""
    return [(layer, norm) for layer, norm in _NORMALISED_LAYERS if f"{layer}/kernel" in values]


def to_tflite(model: Any) -> bytes:
    """The network for LiteRT: weights in half precision, sums in single precision, any batch size."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())
