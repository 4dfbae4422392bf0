"""What was changed by hand: found by a refresh that changes nothing, told in model.yaml's words.

`resources` reads what Pulumi's refresh found, `changes` compares, `model_words` translates, `remedy` says what an `up`
will do, `adoption` plans what can be written into the user's files. All of these are pure; `acting` carries a plan out.
"""
