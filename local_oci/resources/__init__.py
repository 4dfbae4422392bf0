"""The kinds, a file each, all in one order.

What the kind is and what is not emulated; its state; its transitions; its checks (pure, all problems collected);
create/get/list/update/delete; its JSON; its routes.
"""
