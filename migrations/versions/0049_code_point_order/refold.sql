-- The folded texts that another locale has made otherwise.
UPDATE divisions SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_en]);
UPDATE elections SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_en, code]);
UPDATE officials SET name = name WHERE folded <> fold(VARIADIC array_prepend(name, other_names));
UPDATE regions SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_en, capital]);
UPDATE organizations SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_en, short_name]);
UPDATE stages SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_en]);
UPDATE meetings SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_en, place, code]);
UPDATE participants SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_as_printed]);
UPDATE sessions SET name = name WHERE folded <> fold(VARIADIC ARRAY[name, name_en] || topics);
