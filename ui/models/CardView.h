#pragma once
// The card of a model, made once for it: facts, classes, and what its authors say about use and limits.
#include <QWidget>

#include "ui/models/model_facts.h"

class QVBoxLayout;

namespace phloxine::ui {

class CardView : public QWidget {
    Q_OBJECT
public:
    explicit CardView(const ModelFacts& facts, QWidget* parent = nullptr);

private:
    void addFacts(QVBoxLayout& column, const ModelFacts& facts);
    void addClasses(QVBoxLayout& column, const ModelCard& card);
    void addText(QVBoxLayout& column, const QString& head, const std::string& text);
};

} // namespace phloxine::ui
