"""Lines of paper and forms, taken out of masks."""

from __future__ import annotations

import cv2
import numpy as np

from ml.segmentation.connected_ink import connect
from ml.segmentation.form_lines import remove_form_lines


def without_lines(mask: np.ndarray) -> np.ndarray:
    return remove_form_lines(connect(mask), mask).mask


def page(*rows: int, slope: float = 0.0) -> np.ndarray:
    """A mask (200, 400) with rules 2 pixels thick that begin at these rows."""
    mask = np.zeros((200, 400), np.uint8)
    for row in rows:
        cv2.line(mask, (0, row), (399, round(row + 400 * slope)), 255, 2)
    return mask


def digit() -> np.ndarray:
    mask = np.zeros((200, 400), np.uint8)
    cv2.ellipse(mask, (200, 100), (30, 60), 0, 0, 360, 255, 6)
    return mask


def test_rules_go_and_a_digit_on_them_stays():
    ruled = np.maximum(page(40, 80, 120, 160), digit())
    left = without_lines(ruled)
    assert not left[:, :150].any()
    assert not left[:, 250:].any()
    assert (left[digit() > 0] > 0).mean() > 0.9


def test_a_digit_that_is_crossed_stays_one_component():
    left = without_lines(np.maximum(page(40, 80, 120, 160), digit()))
    _, _, stats, _ = cv2.connectedComponentsWithStats(left, connectivity=8)
    assert stats[1:, cv2.CC_STAT_AREA].max() > 0.8 * (left > 0).sum()


def test_sloping_rules_go():
    left = without_lines(np.maximum(page(30, 70, 110, 150, slope=0.05), digit()))
    assert (left[:, :150] > 0).sum() < 0.05 * (page(30, 70, 110, 150, slope=0.05)[:, :150] > 0).sum()


def test_upright_rules_go():
    squared = np.ascontiguousarray(page(40, 80, 120, 160).T)
    assert (without_lines(squared) > 0).sum() < 0.1 * (squared > 0).sum()


def test_a_lone_line_under_a_number_goes():
    left = without_lines(np.maximum(page(170), digit()))
    assert not left[165:, :150].any()


def test_the_bar_of_a_seven_stays():
    seven = np.zeros((200, 400), np.uint8)
    cv2.polylines(seven, [np.array([[150, 40], [250, 40], [190, 170]])], False, 255, 6)
    assert (without_lines(seven) == seven).all()


def test_a_lone_level_line_goes():
    assert not without_lines(cv2.line(page(), (120, 100), (280, 100), 255, 5)).any()


def test_a_minus_before_a_number_stays():
    minus = np.maximum(cv2.line(page(), (90, 100), (140, 100), 255, 5), digit())
    assert (without_lines(minus) == minus).all()


def boxes(n: int, *, radius: int = 0) -> np.ndarray:
    """A mask (160, 520) of a row of boxes that share their walls, or stand apart where they have round corners."""
    mask = np.zeros((160, 520), np.uint8)
    for left in range(20, 20 + 80 * n, 80):
        if not radius:
            cv2.rectangle(mask, (left, 30), (left + 80, 130), 255, 3)
            continue
        inner = np.zeros_like(mask)
        cv2.rectangle(inner, (left + radius, 30 + radius), (left + 70 - radius, 130 - radius), 255, -1)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        outer = cv2.dilate(inner, disc)
        mask |= outer - cv2.erode(outer, np.ones((7, 7), np.uint8))
    return mask


def seven(left: int) -> np.ndarray:
    mask = np.zeros((160, 520), np.uint8)
    cv2.polylines(mask, [np.array([[left, 50], [left + 40, 50], [left + 15, 115]])], False, 255, 6)
    return mask


def test_empty_boxes_leave_nothing():
    assert not without_lines(boxes(6)).any()
    assert not without_lines(boxes(6, radius=12)).any()


def test_digits_in_boxes_stay():
    for form in (boxes(6), boxes(6, radius=12)):
        written = np.maximum(seven(40), seven(280))
        left = without_lines(np.maximum(form, written))
        assert (left == written).mean() > 0.999


def test_a_stroke_that_crosses_a_wall_stays_whole():
    crossing = cv2.ellipse(np.zeros((160, 520), np.uint8), (100, 80), (30, 35), 0, 0, 360, 255, 6)
    left = without_lines(np.maximum(boxes(6), crossing))
    assert (left[crossing > 0] > 0).mean() > 0.9


def test_a_comb_goes():
    comb = np.zeros((160, 520), np.uint8)
    cv2.line(comb, (20, 130), (500, 130), 255, 3)
    for x in range(20, 501, 80):
        cv2.line(comb, (x, 100), (x, 130), 255, 3)
    assert not without_lines(comb).any()
    left = without_lines(np.maximum(comb, seven(40)))
    assert (left == seven(40)).mean() > 0.999


def test_dashed_lines_go():
    dashed = np.zeros((160, 520), np.uint8)
    for x in range(20, 480, 16):
        dashed[130:133, x : x + 8] = 255
    assert (without_lines(np.maximum(dashed, seven(40))) == seven(40)).all()


def test_a_ring_around_a_digit_goes_and_a_slim_ring_around_a_stroke_stays():
    ringed = cv2.circle(seven(40), (60, 80), 65, 255, 5)
    assert (without_lines(ringed) == seven(40)).mean() > 0.99
    slashed = cv2.ellipse(np.zeros((160, 520), np.uint8), (60, 80), (40, 65), 0, 0, 360, 255, 5)
    cv2.line(slashed, (72, 60), (48, 100), 255, 5)
    assert (without_lines(slashed) == slashed).all()


def test_an_empty_mask_stays_empty():
    assert not without_lines(np.zeros((50, 60), np.uint8)).any()


def amount(*digits: str) -> np.ndarray:
    """A mask (160, 480) of large digits in one line, in strokes 12 pixels broad."""
    mask = np.zeros((160, 480), np.uint8)
    for place, digit in enumerate(digits):
        left = 30 + 90 * place
        if digit == "0":
            cv2.ellipse(mask, (left + 40, 80), (38, 60), 0, 0, 360, 255, 12)
        else:
            cv2.line(mask, (left + 40, 12), (left + 40, 148), 255, 12)
    return mask


def test_stems_of_digits_stay():
    stems = amount("1", "1", "0", "1", "1")
    assert (without_lines(stems) == stems).all()


def test_bottoms_of_digits_in_a_row_stay():
    zeros = amount("0", "0", "0", "0", "0")
    assert (without_lines(zeros) == zeros).all()


def test_a_fine_frame_goes_and_stems_stay():
    framed = cv2.rectangle(amount("1", "0", "1", "1"), (10, 4), (470, 154), 255, 4)
    left = without_lines(framed)
    assert not left[:, :20].any()
    assert not left[:, 420:].any()
    assert (left[12:148] >= amount("1", "0", "1", "1")[12:148]).mean() > 0.99


def test_a_rule_along_the_edge_goes_with_the_feet_on_it():
    ruled = amount("0", "1", "0", "1")
    ruled[152:] = 255
    assert not without_lines(ruled)[154:].any()


def test_walls_that_are_no_part_of_the_net_go_and_a_one_stays():
    form = boxes(6)
    form[30:131, 176:186] = 0
    cv2.polylines(form, [np.array([[180, 30], [184, 60], [176, 100], [181, 130]])], False, 255, 3)
    one = cv2.line(np.zeros_like(form), (62, 50), (58, 112), 255, 5)
    assert (without_lines(np.maximum(form, one)) == one).mean() > 0.999


def test_a_line_through_a_number_stays():
    row = np.zeros((300, 900), np.uint8)
    for left in (250, 350, 450):
        cv2.ellipse(row, (left, 150), (30, 60), 0, 0, 360, 255, 6)
    struck = cv2.line(row.copy(), (190, 155), (510, 145), 255, 6)
    assert (without_lines(struck) == struck).all()
    underlined = cv2.line(row.copy(), (190, 235), (510, 230), 255, 6)
    assert (without_lines(underlined) == row).mean() > 0.999


def test_dashed_boxes_go_with_the_solid_walls_between_them():
    form = np.zeros((160, 520), np.uint8)
    for x in range(20, 500, 16):
        form[30:33, x : x + 8] = form[130:133, x : x + 8] = 255
    for x in range(20, 501, 80):
        form[30:133, x : x + 3] = 255
    form[30:133:16, [20, 21, 22, 500, 501, 502]] = 0
    assert not without_lines(form).any()
    left = without_lines(np.maximum(form, seven(40)))
    assert (left == seven(40)).mean() > 0.995


def feet(*left: int) -> np.ndarray:
    """A mask (160, 520) of strokes that stand on row 110."""
    mask = np.zeros((160, 520), np.uint8)
    for x in left:
        cv2.line(mask, (x + 15, 40), (x, 110), 255, 7)
    return mask


def test_lines_under_a_number_go_though_it_stands_on_them():
    written = feet(120, 190, 260)
    for lines in ((113,), (113, 126)):
        underlined = written.copy()
        for y in lines:
            cv2.line(underlined, (100, y), (290, y + 3), 255, 6)
        left = without_lines(underlined)
        assert not left[122:].any()
        assert not left[:, :110].any()
        assert (left[written > 0] > 0).mean() > 0.85


def test_a_line_that_is_seen_beside_thick_strokes_goes_below_them():
    written = feet(120, 190, 260)
    underlined = cv2.line(written.copy(), (100, 113), (400, 113), 255, 6)
    underlined[90:117, 110:180] = 255
    left = without_lines(underlined)
    assert not left[:, 300:].any()
    assert not left[:, :105].any()


def test_the_long_foot_of_a_two_stays():
    points = [[120, 60], [150, 40], [175, 60], [120, 110], [290, 110]]
    two = cv2.polylines(np.zeros((160, 520), np.uint8), [np.array(points)], False, 255, 7)
    assert (without_lines(two) == two).all()


def test_bars_are_all_that_is_left_of_an_empty_form():
    lines = np.zeros((160, 520), np.uint8)
    cv2.line(lines, (60, 90), (460, 84), 255, 8)
    cv2.line(lines, (60, 102), (460, 84), 255, 8)  # they meet
    assert not without_lines(lines).any()
    assert without_lines(np.maximum(lines, feet(120, 190))).any()


def test_a_one_from_line_to_line_of_squared_paper_stays():
    squared = np.zeros((260, 500), np.uint8)
    for place in range(20, 500, 60):
        cv2.line(squared, (place, 0), (place, 259), 255, 2)
        cv2.line(squared, (0, place), (499, place), 255, 2)
    one = cv2.line(np.zeros_like(squared), (110, 80), (114, 139), 255, 3)
    zero = cv2.ellipse(np.zeros_like(squared), (230, 110), (18, 24), 0, 0, 360, 255, 4)  # a lone wall is no digit
    left = without_lines(np.maximum(np.maximum(squared, one), zero))
    assert (left[one > 0] > 0).mean() > 0.8
