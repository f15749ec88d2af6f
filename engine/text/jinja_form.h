// A Jinja chat template in a form in which templates that differ only in how they are written are the same text.
#pragma once

#include <string>
#include <string_view>

namespace mtlora {

// Comments are gone, white space control is applied as transformers sets it (trim_blocks, lstrip_blocks), spaces in
// tags are gone, literals are in single quotes with their escapes resolved, x['y'] is x.y, x.strip() is x|trim, and
// what is written in one go is one expression: text outside tags is a literal, {{a}}{{b}} is {{a+b}}, 'a'+'b' is 'ab'.
// Where the text is no Jinja the form is of no use, but it is made all the same.
std::string jinja_form(std::string_view jinja);

}  // namespace mtlora
