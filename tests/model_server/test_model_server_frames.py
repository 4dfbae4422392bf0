"""The frames between supervisor and worker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_server.frames import (
    HEAD,
    PAYLOAD_LIMIT_BYTES,
    Frame,
    FrameDecoder,
    FrameError,
    Kind,
    Member,
    decode_batch,
    encode,
    encode_batch,
    without_recalled,
)

NUMBERS = st.integers(0, 2**32 - 1)
FRAMES = st.lists(st.builds(Frame, st.sampled_from(Kind), NUMBERS, st.binary(max_size=300)))
MEMBERS = st.lists(
    st.builds(Member, NUMBERS, st.integers(0, 2**16 - 1), st.binary(max_size=300), st.binary(max_size=30)), max_size=5
)


@given(frames=FRAMES, data=st.data())
def test_frames_arrive_as_they_were_sent_however_the_stream_is_cut(frames, data):
    stream = b"".join(encode(*frame) for frame in frames)
    decoder, arrived = FrameDecoder(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        arrived += decoder.feed(stream[:size])
        stream = stream[size:]
    assert arrived == frames


@given(frame=st.builds(Frame, st.sampled_from(Kind), NUMBERS, st.binary(min_size=1, max_size=300)))
def test_a_frame_that_was_cut_off_is_no_frame(frame):
    assert FrameDecoder().feed(encode(*frame)[:-1]) == []


@pytest.mark.parametrize("head", [(0, 99, 1), (0, 0, 1), (PAYLOAD_LIMIT_BYTES + 1, Kind.LOG, 1)])
def test_a_stream_that_is_not_ours_is_refused(head):
    with pytest.raises(FrameError):
        FrameDecoder().feed(HEAD.pack(*head))


@given(members=MEMBERS)
def test_a_batch_arrives_as_it_was_sent(members):
    (frame,) = FrameDecoder().feed(b"".join(encode_batch(Kind.PREDICT, members)))
    assert frame.kind is Kind.PREDICT
    assert decode_batch(frame.payload) == members


@given(recalled=st.sets(st.integers(1, 6)), batches=st.lists(st.integers(1, 6), unique=True))
def test_a_recalled_batch_stays_in_its_place_and_is_empty(recalled, batches):
    member = Member(1, 0, b"body")
    sent = [b"".join(encode_batch(Kind.PREDICT, [member], number)) for number in batches]
    sent += [encode(Kind.RECALL, number, b"") for number in recalled]
    found = without_recalled(FrameDecoder().feed(b"".join(sent)))
    assert [(frame.kind, frame.number) for frame in found] == [(Kind.PREDICT, number) for number in batches]
    assert [decode_batch(frame.payload) for frame in found] == [
        [] if number in recalled else [member] for number in batches
    ]


def test_a_stream_is_not_taken_for_a_batch_of_its_number():
    sent = encode(Kind.STREAM, 7, b"body") + encode(Kind.RECALL, 7, b"")
    (frame,) = without_recalled(FrameDecoder().feed(sent))
    assert (frame.kind, frame.payload) == (Kind.STREAM, b"body")


@given(members=MEMBERS, cut=st.integers(1, 9))
def test_a_batch_of_another_length_is_refused(members, cut):
    (frame,) = FrameDecoder().feed(b"".join(encode_batch(Kind.ANSWERS, members)))
    for payload in (frame.payload[:-cut], frame.payload + b"x" * cut):
        with pytest.raises(FrameError):
            decode_batch(payload)
