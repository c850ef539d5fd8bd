#include "query/sql/filters.h"

#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_conjunction_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>

#include "query/sql/types.h"

namespace magnetite::query::sql {
namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using model::CompareOp;

std::optional<CompareOp> compare_op(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      return CompareOp::kEqual;
    case ExpressionType::COMPARE_NOTEQUAL:
      return CompareOp::kNotEqual;
    case ExpressionType::COMPARE_LESSTHAN:
      return CompareOp::kLess;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return CompareOp::kLessOrEqual;
    case ExpressionType::COMPARE_GREATERTHAN:
      return CompareOp::kGreater;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return CompareOp::kGreaterOrEqual;
    default:
      return std::nullopt;
  }
}

CompareOp flipped(CompareOp op) {
  switch (op) {
    case CompareOp::kLess:
      return CompareOp::kGreater;
    case CompareOp::kLessOrEqual:
      return CompareOp::kGreaterOrEqual;
    case CompareOp::kGreater:
      return CompareOp::kLess;
    case CompareOp::kGreaterOrEqual:
      return CompareOp::kLessOrEqual;
    default:
      return op;
  }
}

void narrow_time(CompareOp op, int64_t time, model::TimeRange& range) {
  switch (op) {
    case CompareOp::kEqual:
      range = range.intersect({time, time});
      break;
    case CompareOp::kLess:
      range = time == INT64_MIN ? model::TimeRange::none() : range.intersect({INT64_MIN, time - 1});
      break;
    case CompareOp::kLessOrEqual:
      range = range.intersect({INT64_MIN, time});
      break;
    case CompareOp::kGreater:
      range = time == INT64_MAX ? model::TimeRange::none() : range.intersect({time + 1, INT64_MAX});
      break;
    case CompareOp::kGreaterOrEqual:
      range = range.intersect({time, INT64_MAX});
      break;
    case CompareOp::kNotEqual:
      break;
  }
}

void add_comparison(const schema::Column& column, CompareOp op, const Expression& constant,
                    model::Predicate& predicate) {
  if (constant.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return;
  const auto literal = to_literal(constant.Cast<duckdb::BoundConstantExpression>().GetValue(), column.type);
  if (!literal) return;
  if (column.type == model::ColumnType::kTime)
    narrow_time(op, std::get<int64_t>(*literal), predicate.time);
  else
    predicate.comparisons.push_back({column.id, op, *literal});
}

void add_membership(const Expression& expression, const ColumnOf& column_of, model::Predicate& predicate) {
  const auto& children = expression.Cast<duckdb::BoundOperatorExpression>().GetChildren();
  const schema::Column* column = column_of(*children[0]);
  if (column == nullptr || column->type != model::ColumnType::kTag) return;
  model::Membership membership{column->id, {}};
  for (size_t i = 1; i < children.size(); ++i) {
    if (children[i]->GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return;
    const auto literal = to_literal(children[i]->Cast<duckdb::BoundConstantExpression>().GetValue(), column->type);
    if (literal) membership.values.push_back(std::get<std::string>(*literal));
  }
  predicate.memberships.push_back(std::move(membership));
}

}  // namespace

void add_condition(const Expression& expression, const ColumnOf& column_of, model::Predicate& predicate) {
  const ExpressionType type = expression.GetExpressionType();
  if (type == ExpressionType::CONJUNCTION_AND &&
      expression.GetExpressionClass() == ExpressionClass::BOUND_CONJUNCTION) {
    for (const auto& child : expression.Cast<duckdb::BoundConjunctionExpression>().GetChildren())
      add_condition(*child, column_of, predicate);
    return;
  }
  if (type == ExpressionType::COMPARE_IN && expression.GetExpressionClass() == ExpressionClass::BOUND_OPERATOR)
    return add_membership(expression, column_of, predicate);
  if (expression.GetExpressionClass() != ExpressionClass::BOUND_FUNCTION) return;
  const auto& function = expression.Cast<duckdb::BoundFunctionExpression>();
  if (type == ExpressionType::COMPARE_BETWEEN && duckdb::BoundBetweenExpression::HasValidBindData(function)) {
    const schema::Column* column = column_of(duckdb::BoundBetweenExpression::Input(function));
    if (column == nullptr) return;
    add_comparison(*column, *compare_op(duckdb::BoundBetweenExpression::LowerComparisonType(function)),
                   duckdb::BoundBetweenExpression::LowerBound(function), predicate);
    add_comparison(*column, *compare_op(duckdb::BoundBetweenExpression::UpperComparisonType(function)),
                   duckdb::BoundBetweenExpression::UpperBound(function), predicate);
    return;
  }
  const std::optional<CompareOp> op = compare_op(type);
  if (!op || !duckdb::BoundComparisonExpression::IsComparison(expression)) return;
  const Expression& left = duckdb::BoundComparisonExpression::Left(function);
  const Expression& right = duckdb::BoundComparisonExpression::Right(function);
  if (const schema::Column* column = column_of(left))
    add_comparison(*column, *op, right, predicate);
  else if (const schema::Column* other = column_of(right))
    add_comparison(*other, flipped(*op), left, predicate);
}

}  // namespace magnetite::query::sql
