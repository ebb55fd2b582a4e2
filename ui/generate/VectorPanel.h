#pragma once
// What guides a model that reads feature vectors: a file of them, which another program has computed, and the magnification where the
// model wants one.
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace phloxine::ui {

class VectorPanel : public QWidget {
    Q_OBJECT
public:
    explicit VectorPanel(QWidget* parent = nullptr);
    QString file() const;
    int magnification() const; // -1 = the model wants none
    void setVectors(const QString& file, int magnification);
    QString whyNotReady() const; // empty: a run can start

Q_SIGNALS:
    void changed();

private:
    void browse();

    QLineEdit* m_file;
    QPushButton* m_browse;
    QSpinBox* m_magnification;
};

} // namespace phloxine::ui
