"""The deployed arithmetic and the losses, against numbers by hand."""

import math

import numpy as np
import pytest
import torch

from recipe.compensate import round_columns
from recipe.contrast import Group, Masks, Same, info_nce, make_masks, triplet
from recipe.evaluate import ndcg
from recipe.graph import make_codes
from recipe.merge import slerp
from recipe.quantization import QuantizedLinear, quantize_weight, round_activations, search_levels
from recipe.record import draw_lines


def make_linear(rows: int = 64, columns: int = 96) -> QuantizedLinear:
    linear = QuantizedLinear(rows, columns)
    linear.weight.data = torch.randn(rows, columns, generator=torch.Generator().manual_seed(1))
    linear.search()
    return linear


def test_levels_are_small_integers_and_the_codes_give_the_weights_back() -> None:
    linear = make_linear()
    assert linear.multiplier.abs().max() == 15 and linear.multiplier.abs().min() >= 1
    rounded = quantize_weight(linear.weight, linear.scale, linear.multiplier).detach()
    assert float(((rounded - linear.weight) ** 2).sum() / (linear.weight**2).sum()) < 0.01
    linear.weight.data = rounded
    codes = make_codes(linear)
    low, high = codes.packed & 15, codes.packed >> 4
    unpacked = np.stack([low, high], -1).reshape(64, 3, 32).astype(np.int32) - 8
    int8 = (unpacked * codes.multipliers[..., None].astype(np.int32)).reshape(64, 96)
    assert np.array_equal(int8.T, codes.int8)
    assert np.allclose(int8 * codes.scales[:, None], rounded.numpy(), atol=1e-6)


def test_more_shares_never_make_the_error_greater() -> None:
    weight = make_linear().weight.detach()

    def error(shares: tuple[float, ...]) -> float:
        return float(((quantize_weight(weight, *search_levels(weight, shares)) - weight) ** 2).sum())

    assert error((1.0, 0.93, 0.86)) <= error((1.0,))


def test_gradients_pass_through_where_nothing_is_clipped() -> None:
    linear = make_linear()
    quantize_weight(linear.weight, linear.scale / 2, linear.multiplier).sum().backward()
    step = (linear.multiplier * linear.scale[:, None] / 2)[..., None]
    code = (linear.weight.detach().view(64, 3, 32) / step).round()
    inside = ((code >= -8) & (code <= 7)).float().view(64, 96)
    assert 0 < inside.mean() < 1
    assert torch.equal(linear.weight.grad, inside)


def test_weights_that_are_held_give_the_same_product_and_the_same_gradient() -> None:
    x = torch.randn(2, 5, 96, generator=torch.Generator().manual_seed(2))
    at_once, in_parts = make_linear(), make_linear()
    at_once.is_quantized = in_parts.is_quantized = True
    # Some weights are clipped.
    at_once.scale /= 2
    in_parts.scale /= 2
    product = at_once(x, True)
    product.square().sum().backward()
    in_parts.hold()
    for row, whole in zip(x, product, strict=True):
        part = in_parts(row, True)
        assert torch.allclose(part, whole, atol=1e-5)
        part.square().sum().backward()
    assert in_parts.weight.grad is None
    in_parts.let_go()
    assert (in_parts.weight.grad == 0).any()
    assert torch.allclose(in_parts.weight.grad, at_once.weight.grad, rtol=1e-3, atol=1e-2)


def test_integers_give_the_product_of_rounded_floats() -> None:
    linear = make_linear()
    linear.is_quantized = True
    linear.smooth(torch.rand(96, generator=torch.Generator().manual_seed(3)) + 0.1, 0.5)
    linear.search()
    x = torch.randn(2, 5, 96, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        floats = linear(x, True)
        linear.use_integers()
        assert torch.allclose(linear(x, True), floats, atol=1e-4)


def test_columns_that_make_up_for_each_other_give_a_nearer_product_on_the_same_steps() -> None:
    linear = make_linear()
    mix = torch.randn(24, 96, generator=torch.Generator().manual_seed(5))
    x = torch.randn(400, 24, generator=torch.Generator().manual_seed(6)) @ mix
    weight, levels = linear.weight.detach(), (linear.scale, linear.multiplier)
    plain = quantize_weight(weight, *levels)
    better = round_columns(weight, *levels, x.T @ x)
    assert torch.allclose(quantize_weight(better, *levels), better, atol=1e-6)
    errors = [((x @ (rounded - weight).T) ** 2).mean() for rounded in (plain, better)]
    assert errors[1] < errors[0] / 2


def test_activations_are_rounded_for_each_token_alone() -> None:
    x = torch.tensor([[1.0, 0.004, -0.5], [100.0, 0.4, -50.0]])
    rounded = round_activations(x)
    assert torch.allclose(rounded[0] * 100, rounded[1])
    assert torch.allclose(rounded[0], torch.tensor([127.0, 1.0, -64.0]) / 127)


def test_smoothing_leaves_the_float_product_and_helps_int8() -> None:
    linear = make_linear()
    x = torch.randn(40, 96, generator=torch.Generator().manual_seed(2))
    x[:, 3] *= 60
    plain, rough = linear(x, False), linear(x, True)
    linear.smooth(x.abs().amax(0), 0.5)
    assert torch.allclose(linear(x, False), plain, atol=1e-3)
    assert (linear(x, True) - plain).square().mean() < (rough - plain).square().mean() / 2


def unit(*rows: list[float]) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.tensor(rows), dim=-1)


def test_masks_leave_out_what_the_teacher_prefers_and_what_is_the_same() -> None:
    # The second passage is nearer to the first query than its own; the third pair repeats the first passage.
    queries = unit([1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0])
    passages = unit([1.0, 1.0, 0], [1.0, 0.1, 0], [1.0, 1.0, 0])
    negatives = unit([0, 0, 1.0], [0, 1.0, 0], [0, 1.0, 0])[:, None]
    same = Same(torch.tensor([0, 1, 2]), torch.tensor([5, 6, 5]), torch.tensor([[9], [8], [-1]]))
    teacher = Group(queries, passages, negatives)
    masks = make_masks(teacher, same, 0.1)
    assert masks.passages[0].tolist() == [False, False, False]
    assert masks.passages[1].tolist() == [False, False, False]
    assert masks.passages[2].tolist() == [False, True, False]
    assert masks.negatives[:, 0].tolist() == [True, False, False]
    unasked = make_masks(teacher, same, None)
    assert unasked.passages[0].tolist() == [False, True, False]
    assert unasked.negatives[:, 0].tolist() == [True, True, False]


def test_info_nce_is_the_formula_with_every_term() -> None:
    torch.manual_seed(4)
    group = Group(*(torch.nn.functional.normalize(torch.randn(*shape), dim=-1) for shape in ((2, 4), (2, 4), (2, 1, 4))))
    others = ~torch.eye(2, dtype=torch.bool)
    masks = Masks(others, others, others, torch.tensor([[True], [False]]))
    q, d, n = group.queries, group.passages, group.negatives[:, 0]
    total = 0.0
    for i, j in ((0, 1), (1, 0)):
        terms = [q[i] @ d[i], q[i] @ d[j], q[i] @ q[j], d[i] @ d[j], *([q[i] @ n[i]] if i == 0 else [])]
        powers = [math.exp(float(term) / 0.1) for term in terms]
        total -= math.log(powers[0] / sum(powers)) / 2
    assert float(info_nce(group, masks, 0.1, True, True)) == pytest.approx(total, rel=1e-5)
    assert float(info_nce(group, masks, 0.1, False, False)) < total


def test_the_triplet_term_counts_only_what_is_too_near() -> None:
    group = Group(unit([1.0, 0], [1.0, 0]), unit([1.0, 0], [1.0, 0]), unit([1.0, 0], [0, 1.0])[:, None])
    everything = torch.ones(2, 1, dtype=torch.bool)
    masks = Masks(everything, everything, everything, everything)
    assert float(triplet(group, masks, 0.2)) == pytest.approx(0.1)
    nothing = Masks(everything, everything, everything, ~everything)
    assert float(triplet(group, nothing, 0.2)) == 0


def test_slerp_goes_along_the_arc() -> None:
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    assert torch.allclose(slerp(a, b, 0.5), torch.tensor([math.sqrt(2), math.sqrt(2)]))
    assert torch.allclose(slerp(a, b, 0.0), a) and torch.allclose(slerp(a, b, 1.0), b, atol=1e-6)
    assert torch.allclose(slerp(a, a * 3, 0.5), a * 2)
    assert torch.equal(slerp(torch.zeros(2), torch.zeros(2), 0.5), torch.zeros(2))


def test_ndcg_is_that_of_trec_eval() -> None:
    assert ndcg([1, 0, 2], [2, 1, 0]) == pytest.approx((1 + 2 / 2) / (2 + 1 / math.log2(3)))
    assert ndcg([0, 0], [0]) == 0
    assert ndcg([-1, 1], [1, -1]) == pytest.approx(1 / math.log2(3))


def test_a_picture_of_losses_is_sound_xml() -> None:
    from xml.etree import ElementTree

    picture = ElementTree.fromstring(draw_lines("a < b", {"one": [3.0, 2.0, 1.0], "flat": [1.0] * 1000, "single": [2.0]}))
    assert len(picture.findall("{http://www.w3.org/2000/svg}polyline")) == 3
